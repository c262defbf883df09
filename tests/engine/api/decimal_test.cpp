// Tolerances at their very edge, where binary fractions lie.
#include "engine/api/decimal.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

TEST(Decimal, TakesTheEdgeOfATolerance) {
  EXPECT_TRUE(is_within(3.13, 3.14, 0.01));
  EXPECT_TRUE(is_within(3.15, 3.14, 0.01));
  EXPECT_TRUE(is_within(1.1, 1, 0.1));
  EXPECT_TRUE(is_within(-0.3, -0.1, 0.2));
  EXPECT_FALSE(is_within(3.1299, 3.14, 0.01));
  EXPECT_FALSE(is_within(3.1500000001, 3.14, 0.01));
}

TEST(Decimal, WithoutToleranceWantsTheSameNumber) {
  EXPECT_TRUE(is_within(0.3, 0.3, 0));
  EXPECT_FALSE(is_within(0.30000000000000004, 0.3, 0));
  EXPECT_TRUE(is_within(0, -0.0, 0));
  EXPECT_TRUE(is_within(1e3, 1000, 0));
  EXPECT_FALSE(is_within(9007199254740992.0, 9007199254740991.0, 0));
}

TEST(Decimal, ComparesNumbersOfVeryDifferentSize) {
  EXPECT_FALSE(is_within(1e300, 1e-300, 1));
  EXPECT_TRUE(is_within(1e300, 1e-300, 1e300));
  EXPECT_TRUE(is_within(1e-300, 0, 1e-10));
  EXPECT_TRUE(is_within(1.7976931348623157e308, -1.7976931348623157e308, 1.7976931348623157e308) ==
              false);
}

}  // namespace
}  // namespace spate
