// Histogram: percentiles within the promised error, whatever the scale of the values.
#include "engine/base/histogram.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

TEST(Histogram, TellsSmallValuesExactly) {
  Histogram h;
  for (int i = 1; i <= 100; ++i) h.record(i);
  EXPECT_EQ(h.percentile(50), 50u);
  EXPECT_EQ(h.percentile(99), 99u);
  EXPECT_EQ(h.percentile(100), 100u);
  EXPECT_EQ(h.percentile(0), 1u);
  EXPECT_DOUBLE_EQ(h.mean(), 50.5);
}

TEST(Histogram, StaysWithinOnePercentAtEveryScale) {
  for (uint64_t value = 1; value < uint64_t{1} << 62; value = value * 7 / 3 + 1) {
    Histogram h;
    h.record(static_cast<int64_t>(value));
    h.record(static_cast<int64_t>(value) * 2 - 1);  // so that the maximum does not clamp it
    const uint64_t told = h.percentile(50);
    EXPECT_GE(told, value);
    EXPECT_LE(static_cast<double>(told), static_cast<double>(value) * 1.008) << value;
  }
}

TEST(Histogram, NeverTellsMoreThanTheLargestValue) {
  Histogram h;
  h.record(1'000'003);
  EXPECT_EQ(h.percentile(99.9), 1'000'003u);
}

TEST(Histogram, CountsNegativeValuesAsZeroAndIsZeroWhenEmpty) {
  Histogram h;
  EXPECT_EQ(h.percentile(50), 0u);
  EXPECT_EQ(h.min(), 0u);
  h.record(-5);
  EXPECT_EQ(h.max(), 0u);
  EXPECT_EQ(h.count(), 1u);
}

TEST(Histogram, MergedEqualsRecordedTogether) {
  Histogram a, b, both;
  for (int64_t v = 1; v < 1'000'000; v = v * 3 + 1) a.record(v), both.record(v);
  for (int64_t v = 2; v < 90'000'000; v = v * 5) b.record(v), both.record(v);
  a.merge(b);
  EXPECT_EQ(a.count(), both.count());
  for (const double p : {1.0, 25.0, 50.0, 75.0, 99.0, 100.0})
    EXPECT_EQ(a.percentile(p), both.percentile(p)) << p;
}

}  // namespace
}  // namespace spate
