// Bounds of the segment log: each is filled and holds.
#include <gtest/gtest.h>

#include "tests/support/log_world.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

TEST(SegmentLogBounds, FormNoMoreGroupsAheadThanAllowedWhileASyncIsUnderWay) {
  SegmentLogOptions options = small_log_options();
  options.limits.writer.groups_formed_ahead_max = 2;
  options.limits.writer.group.group_bytes_max = 2 << 10;
  LogWorld world(3, 1'000, options);  // a sync takes so many questions at most
  ASSERT_TRUE(world.start());
  std::size_t most = 0;
  for (int i = 0; i < 200; ++i) {
    for (const PartitionId id : world.partitions()) world.append(id, 4, 900);
    ASSERT_TRUE(world.log()->prepare_step());
    ASSERT_TRUE(world.log()->write_step());
    most = std::max(most, world.log()->groups_formed());
  }
  EXPECT_EQ(most, 2u);
  world.settle();
  EXPECT_EQ(world.wrong(), "");
}

TEST(SegmentLogBounds, KeepNoMoreUnpackedGroupsThanAllowed) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 60; ++i) {
    world.append(p, 3, 900);
    world.settle();
  }
  for (uint64_t from = 1; from <= 180; ++from) {
    ASSERT_TRUE(world.log()->read(LogSide::outcomes, p, from, 1));
    EXPECT_LE(world.log()->cached_bytes(), small_log_options().limits.reader.cached_bytes_max);
  }
  EXPECT_GT(world.log()->cached_bytes(), small_log_options().limits.reader.cached_bytes_max / 2);
}

TEST(SegmentLogBounds, TakeNothingOnceTheDiskHasLessRoomThanIsKeptFree_B5) {
  SegmentLogOptions options = small_log_options();
  options.limits.preparer.disk_free_bytes_min = 512 << 10;
  LogWorld world(1, 0, options);
  world.disk().set_capacity(1 << 20);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 400 && !world.log()->storage_full(); ++i) {
    world.append(p, 3, 900);
    for (int turn = 0; turn < 20; ++turn) {
      ASSERT_TRUE(world.log()->prepare_step());
      ASSERT_TRUE(world.log()->write_step());
    }
    world.pass_ms(1100);
  }
  EXPECT_TRUE(world.log()->storage_full());
  EXPECT_GE((1u << 20) - world.disk().used_bytes(), 448u << 10);
}

}  // namespace
}  // namespace spate
