// OffsetIndex: runs of neighbours find every outcome again.
#include "engine/log/offset_index.hpp"

#include <gtest/gtest.h>

#include "tests/support/seeded_random.hpp"

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

/// Every outcome is found, or the index knows one before it to begin the search at.
TEST(OffsetIndex, StaysBoundedAndLosesNothing) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    const std::size_t runs_max = 4 + random.below(30);
    OffsetIndex index({}, runs_max);
    std::vector<int64_t> offsets{-1};  // by sequence
    int64_t offset = 0;
    for (uint64_t sequence = 1; sequence <= 2'000; ++sequence) {
      if (random.one_in(1 + static_cast<uint32_t>(seed % 50)))
        offset += 1 + static_cast<int64_t>(random.below(3));
      index.add({sequence}, offset);
      offsets.push_back(offset++);
      ASSERT_LE(index.runs().size(), runs_max) << "seed " << seed;
    }
    for (uint64_t sequence = 1; sequence <= 2'000; ++sequence) {
      const auto place = index.find({sequence});
      ASSERT_TRUE(place) << "seed " << seed << " sequence " << sequence;
      ASSERT_EQ(place->offset, offsets[place->known.value]) << "seed " << seed;
      ASSERT_LE(place->known, Sequence{sequence});
      if (place->neighbours == 0) continue;
      ASSERT_EQ(place->known, Sequence{sequence});
      const uint64_t last = std::min<uint64_t>(sequence + place->neighbours - 1, 2'000);
      ASSERT_EQ(offsets[last] - place->offset, static_cast<int64_t>(last - sequence));
    }
  }
}

TEST(OffsetIndex, KeepsLongRunsExactWhenShortOnesHaveToGo) {
  OffsetIndex index({}, 8);
  uint64_t sequence = 1;
  int64_t offset = 0;
  for (int turn = 0; turn < 3; ++turn) {
    for (int i = 0; i < 1'000; ++i) index.add({sequence++}, offset++);
    for (int i = 0; i < 5; ++i) index.add({sequence++}, offset += 2);
    offset += 2;
  }
  std::size_t exact = 0;
  for (uint64_t s = 1; s < sequence; ++s) exact += index.find({s})->neighbours != 0;
  EXPECT_GE(exact, 3'000u);
}

}  // namespace
}  // namespace spate
