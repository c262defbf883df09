// Two nodes' points: equal ones agree, a different digest of the same outcomes is the only finding.
#include "engine/state/digest_compare.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

DigestPoint point(uint64_t sequence, uint64_t digest, uint64_t chain = 0) {
  return {{sequence}, chain == 0 ? sequence * 10 : chain, 7, 1, {digest, digest}};
}

TEST(DigestCompare, CountsWhatBothHaveAlike) {
  const std::vector<DigestPoint> ours{point(1, 1), point(3, 3), point(5, 5), point(9, 9)};
  const std::vector<DigestPoint> theirs{point(2, 2), point(3, 3), point(9, 9), point(11, 11)};
  const ComparedPoints compared = compare_points(ours, theirs);
  EXPECT_EQ(compared.agreed, 2u);
  EXPECT_EQ(compared.agreed_at, Sequence{9});
  EXPECT_FALSE(compared.difference.has_value());
}

TEST(DigestCompare, StopsAtTheFirstDifference) {
  const std::vector<DigestPoint> ours{point(1, 1), point(3, 3), point(5, 6), point(9, 9)};
  const std::vector<DigestPoint> theirs{point(1, 1), point(3, 3), point(5, 5), point(9, 8)};
  const ComparedPoints compared = compare_points(ours, theirs);
  EXPECT_EQ(compared.agreed_at, Sequence{3});
  ASSERT_TRUE(compared.difference.has_value());
  EXPECT_EQ(compared.difference->ours, point(5, 6));
  EXPECT_EQ(compared.difference->theirs, point(5, 5));
}

TEST(DigestCompare, PassesOverOtherHistoriesAndOtherCode) {
  DigestPoint other_schema = point(3, 4), other_version = point(5, 6);
  other_schema.schema_digest = 8;
  other_version.logic_version = 2;
  const std::vector<DigestPoint> ours{point(1, 2, 99), other_schema, other_version, point(7, 7)};
  const std::vector<DigestPoint> theirs{point(1, 1), point(3, 3), point(5, 5), point(7, 7)};
  const ComparedPoints compared = compare_points(ours, theirs);
  EXPECT_EQ(compared.agreed, 1u);
  EXPECT_FALSE(compared.difference.has_value());
}

TEST(DigestCompare, FindsNothingWhereOneSideHasNothing) {
  const std::vector<DigestPoint> some{point(1, 1)};
  for (const ComparedPoints& compared : {compare_points(some, {}), compare_points({}, some)}) {
    EXPECT_EQ(compared.agreed, 0u);
    EXPECT_FALSE(compared.difference.has_value());
  }
}

}  // namespace
}  // namespace spate
