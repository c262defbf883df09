// OffsetIndex: runs of neighbours find every outcome again.
#include "engine/log/offset_index.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

TEST(OffsetIndex, GrowsOnlyWhereSomethingLiesBetweenTwoOutcomes) {
  OffsetIndex index;
  for (uint64_t s = 1; s <= 100; ++s) index.add({s}, static_cast<int64_t>(s));
  EXPECT_EQ(index.runs().size(), 1u);
  index.add({101}, 103);
  index.add({102}, 104);
  EXPECT_EQ(index.runs().size(), 2u);
}

TEST(OffsetIndex, FindsEveryOutcomeAndItsNeighbours) {
  OffsetIndex index;
  EXPECT_FALSE(index.find({1}));
  index.add({1}, 1);
  index.add({4}, 10);
  EXPECT_FALSE(index.find({0}));
  EXPECT_EQ(index.find({1})->offset, 1);
  EXPECT_EQ(index.find({1})->neighbours, 3u);
  EXPECT_EQ(index.find({3})->offset, 3);
  EXPECT_EQ(index.find({3})->neighbours, 1u);
  EXPECT_EQ(index.find({4})->offset, 10);
  EXPECT_EQ(index.find({9})->offset, 15);
}

}  // namespace
}  // namespace spate
