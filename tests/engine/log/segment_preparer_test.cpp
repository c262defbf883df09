// SegmentPreparer: a spare in time, and no faster than it is needed.
#include "engine/log/segment_preparer.hpp"

#include <gtest/gtest.h>

#include "engine/log/segment_format.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {
namespace {

constexpr uint64_t mib = 1 << 20, segment_bytes = 8 * mib, first_bytes = 2 * mib, kept_free = mib;
constexpr uint64_t second_ns = 1'000'000'000;

class CountingBell final : public Bell {
 public:
  void ring() override { ++rings; }
  int rings = 0;
};

class SegmentPreparerTest : public testing::Test {
 protected:
  SegmentPreparerTest() {
    preparer_.on_taken(&taken_);
    preparer_.on_ready(&ready_);
  }
  /// As its thread does until it sleeps.
  void work() {
    for (int i = 0; i < 1000; ++i)
      if (*preparer_.step() != Step::worked) return;
    ADD_FAILURE() << "it never rests";
  }
  /// With the first spare taken, which the writer now uses.
  void take_first() {
    work();
    ASSERT_TRUE(preparer_.take());
    work();
  }
  uint64_t filled(uint64_t segment) const { return disk_.content(segment_name(segment)).size(); }

  SimulatedDisk disk_{1};
  VirtualClock clock_;
  SegmentPreparer preparer_{disk_, clock_, {segment_bytes, first_bytes, kept_free}, 1};
  CountingBell taken_, ready_;
};

TEST_F(SegmentPreparerTest, MakesTheFirstSpareWithoutBeingAsked) {
  work();
  const auto spare = preparer_.take();
  ASSERT_TRUE(spare);
  EXPECT_EQ(spare->bytes, first_bytes);
  EXPECT_EQ(filled(1), first_bytes);
  EXPECT_EQ(ready_.rings, 1);
}

TEST_F(SegmentPreparerTest, FillsTwiceAsFastAsTheSegmentBeforeIsUsedUp) {
  take_first();
  EXPECT_EQ(filled(2), 0u);
  for (const uint64_t eighth : {1, 2, 3}) {
    preparer_.note_used(first_bytes * eighth / 8, first_bytes);
    work();
    EXPECT_EQ(filled(2), segment_bytes * eighth / 4);
  }
  EXPECT_EQ(ready_.rings, 1) << "the first alone";
  preparer_.note_used(first_bytes / 2, first_bytes);
  work();
  EXPECT_EQ(ready_.rings, 2);
  const auto spare = preparer_.take();
  ASSERT_TRUE(spare);
  EXPECT_EQ(spare->bytes, segment_bytes);
}

TEST_F(SegmentPreparerTest, GoesAheadWhenTheWriterWaits) {
  take_first();
  preparer_.note_used(first_bytes / 8, first_bytes);
  work();
  const int before = taken_.rings;
  EXPECT_FALSE(preparer_.take());
  EXPECT_FALSE(preparer_.take());
  EXPECT_EQ(taken_.rings, before + 1);
  preparer_.note_used(first_bytes / 8, first_bytes);  // of the segment before: the wait goes on
  work();
  EXPECT_EQ(ready_.rings, 2);
  EXPECT_TRUE(preparer_.take());
}

TEST_F(SegmentPreparerTest, IsWokenForAPartNotForEachWrite) {
  take_first();
  const int before = taken_.rings;
  constexpr uint64_t writes = 10'000;
  for (uint64_t i = 1; i <= writes; ++i) preparer_.note_used(first_bytes * i / writes, first_bytes);
  EXPECT_GE(taken_.rings - before, 16);
  EXPECT_LE(taken_.rings - before, 32);
}

TEST_F(SegmentPreparerTest, LooksAtTheDiskWhileAHalfFilledSpareWaits) {
  take_first();
  preparer_.note_used(first_bytes / 4, first_bytes);
  work();
  EXPECT_FALSE(preparer_.storage_full());
  const uint64_t rest = segment_bytes / 2;
  disk_.set_capacity(disk_.used_bytes() + rest + kept_free - 1);
  work();
  EXPECT_FALSE(preparer_.storage_full()) << "no more than a look each second";
  clock_.advance_ns(second_ns);
  work();
  EXPECT_TRUE(preparer_.storage_full());
  disk_.set_capacity(disk_.used_bytes() + rest + kept_free);
  clock_.advance_ns(second_ns);
  work();
  EXPECT_FALSE(preparer_.storage_full());
}

}  // namespace
}  // namespace spate
