// The rules of the segment log, each by its name (A1, B1-B7).
#include "engine/log/segment_log.hpp"

#include <gtest/gtest.h>

#include "engine/log/log_walk.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

/// Every group of a file as recovery would meet it.
std::vector<GroupHead> heads_in(SimulatedDisk& disk, uint64_t segment) {
  std::vector<GroupHead> heads;
  auto file = *disk.open(segment_name(segment), OpenMode::read);
  GroupScanner scanner(*file, small_log_options().fresh->id, segment);
  Group group;
  for (uint64_t at = 0; *scanner.read(at, group); at = group.end()) heads.push_back(group.head);
  return heads;
}

std::vector<std::string> names_in(SimulatedDisk& disk) { return disk.list().value(); }

TEST(SegmentLog, WritesGroupsOfManyPartitionsAlignedChainedAndWithinASegment_B1) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  for (int round = 0; round < 30; ++round) {
    for (const PartitionId id : world.partitions()) world.append(id, 2, 400);
    world.settle();
  }
  std::size_t groups = 0, shared = 0;
  LogVisitor visitor;
  visitor.group = [&](const Group& group) {
    ++groups;
    EXPECT_EQ(group.offset % block_bytes, 0u);
    EXPECT_LE(group.end(), 64u << 10);
    EXPECT_LT(group.head.durable_through, group.head.number);
    std::vector<PartitionId> seen;
    each_record(group.body, [&](const RecordView& record, std::size_t) {
      const PartitionId id{record.head.domain, record.head.index};
      if (seen.empty() || seen.back() != id) seen.push_back(id);
    });
    shared += seen.size() > 1;
  };
  const auto walk = walk_log(world.disk(), visitor);
  ASSERT_TRUE(walk) << walk.error().detail;
  EXPECT_GT(walk->segments, 2u);
  EXPECT_GT(groups, 10u);
  EXPECT_GT(shared, 0u);
  EXPECT_EQ(walk->commands, 180u);
  EXPECT_EQ(walk->outcomes, 180u);
}

TEST(SegmentLog, PacksGroupsWhoseRecordsRepeatEachOther) {
  SegmentLogOptions options = small_log_options();
  options.limits.writer.group.group_bytes_max = 40 << 10;
  LogWorld world(1, 0, options);
  ASSERT_TRUE(world.start());
  for (int round = 0; round < 20; ++round) {
    world.append(p, 100, 100);
    world.settle();
  }
  const auto walk = walk_log(world.disk());
  ASSERT_TRUE(walk) << walk.error().detail;
  EXPECT_LT(walk->stored_bytes, walk->raw_bytes / 2);
}

TEST(SegmentLog, MarksTheLastGroupDurableWhenIdleForFiftyMilliseconds_B2) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  world.append(p, 1);
  world.settle();
  EXPECT_LE(world.log()->wake_in_ns(), 50'000'000);
  world.pass_ms(49);
  EXPECT_EQ(*world.log()->write_step(), Step::idle);
  world.pass_ms(2);
  EXPECT_EQ(*world.log()->write_step(), Step::worked);
  const GroupHead last = heads_in(world.disk(), 2).back();
  EXPECT_EQ(last.kind, GroupKind::mark);
  EXPECT_EQ(last.durable_through, last.number - 1);
  world.pass_ms(500);
  EXPECT_EQ(*world.log()->write_step(), Step::idle);  // a mark is not marked
}

TEST(SegmentLog, SealsACleanStopInTwoCopiesOfWhichOneIsEnough_B2) {
  for (const uint64_t broken_copy : {1, 2}) {
    LogWorld world(1, 0);
    ASSERT_TRUE(world.start());
    world.append(p, 3);
    world.settle();
    ASSERT_TRUE(world.close());
    const std::string name = segment_name(2);
    const auto heads = heads_in(world.disk(), 2);
    ASSERT_EQ(heads[heads.size() - 1].kind, GroupKind::seal);
    ASSERT_EQ(heads[heads.size() - 2].kind, GroupKind::seal);
    const uint64_t size = world.disk().content(name).size();
    world.disk().flip_bit(name, (size - broken_copy * block_bytes + 40) * 8);
    ASSERT_TRUE(world.start());
    EXPECT_TRUE(world.log()->recovery().was_clean);
    EXPECT_EQ(world.wrong(), "");
  }
}

TEST(SegmentLog, CutsATornTailAndGoesOnInANewSegment_B2) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  world.append(p, 2);
  world.settle();
  world.kill();
  const uint64_t torn_at = heads_in(world.disk(), 2).size() * block_bytes;
  {
    auto file = *world.disk().open(segment_name(2), OpenMode::write);
    const std::vector<uint8_t> garbage(700, 0xee);
    ASSERT_TRUE(file->write(torn_at, garbage));
  }
  ASSERT_TRUE(world.start());
  EXPECT_EQ(world.log()->recovery().bytes_cut, 700u);
  EXPECT_EQ(world.wrong(), "");
  world.append(p, 2);
  world.settle();
  EXPECT_EQ(world.counts(),
            "1.0 commands 4 outcomes 4, 1.1 commands 0 outcomes 0, "
            "2.0 commands 0 outcomes 0");
  const auto walk = walk_log(world.disk());
  EXPECT_TRUE(walk) << walk.error().detail;
}

TEST(SegmentLog, RefusesRotThatALaterGroupShowsToHaveBeenDurableAndChangesNothing_B2) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 3; ++i) {
    world.append(p, 2);
    world.settle();
  }
  world.kill();
  world.disk().flip_bit(segment_name(2), (block_bytes + 200) * 8);  // its first group of three
  const auto before = world.disk().image();
  const auto started = world.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, "log_rot");
  EXPECT_NE(started.error().detail.find("segment-0000000000000002.log at 4096"), std::string::npos)
      << started.error().detail;
  EXPECT_EQ(world.disk().image(), before);
}

TEST(SegmentLog, RefusesATailThatACheckpointKnowsToHaveBeenLonger_B2) {
  SegmentLogOptions options = small_log_options();
  LogWorld world(1, 0, options);
  ASSERT_TRUE(world.start());
  world.append(p, 2);
  world.settle();
  world.kill();
  VirtualClock clock;
  options.known = {{p, {3}}};
  const auto refused = SegmentLog::open(world.disk(), clock, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "log_rot");
  EXPECT_NE(refused.error().detail.find("checkpoint was made at 3"), std::string::npos);
  options.known = {{p, {2}}};
  EXPECT_TRUE(SegmentLog::open(world.disk(), clock, options));
}

TEST(SegmentLog, WritesATailAgainThatAFailedSyncLeftInThePageCacheAlone_B3) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    LogWorld world(seed, 0);
    ASSERT_TRUE(world.start());
    world.append(p, 2);
    world.settle();
    world.disk().fail(SimulatedDisk::Call::sync, 1);
    world.append(p, 3, 300);
    world.settle();
    ASSERT_TRUE(world.ended());
    EXPECT_EQ(world.ended()->code, "storage_failed");
    EXPECT_EQ(world.ended()->action, FaultAction::stop);
    world.kill();
    ASSERT_TRUE(world.start());  // what it finds from here on counts as told
    EXPECT_GT(world.log()->recovery().records_rescued, 0u);
    const std::string found = world.counts();
    world.disk().cut_power();
    ASSERT_TRUE(world.start());
    EXPECT_EQ(world.wrong(), "") << "seed " << seed;
    EXPECT_EQ(world.counts(), found);
  }
}

TEST(SegmentLog, RefusesToSyncAgainAfterAFailedSync_B3) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  world.disk().fail(SimulatedDisk::Call::sync, 3);
  for (int i = 0; i < 5; ++i) {
    world.append(p, 1);
    world.settle();
  }
  ASSERT_TRUE(world.ended());
  EXPECT_FALSE(world.log()->write_step());
  EXPECT_FALSE(world.log()->write_step());
}

TEST(SegmentLog, BeginsEachSegmentWithTheStateOfEveryPartition_B4) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 60; ++i) {
    world.append(p, 3, 900);
    world.settle();
  }
  const auto walk = walk_log(world.disk());  // compares each opening with the records before it
  ASSERT_TRUE(walk) << walk.error().detail;
  ASSERT_GT(walk->segments, 3u);
  const auto found = survey(world.disk(), small_log_options().fresh->id);
  const PartitionState& state = found->segments.back().states[0];
  EXPECT_EQ(state.id, p);
  EXPECT_GT(state.tail.sequence.value, 0u);
  EXPECT_EQ(state.tail.cause.value, state.tail.sequence.value);
  EXPECT_EQ(state.epoch.value, 1u);
  EXPECT_NE(state.tail.chain, 0u);
}

TEST(SegmentLog, ServesReadsWhileTheDiskIsFullAndGoesOnWhenThereIsRoom_B5) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  world.append(p, 2);
  world.settle();
  world.disk().set_capacity(world.disk().used_bytes());
  for (int i = 0; i < 60; ++i) {
    world.append(p, 3, 900);
    for (int turn = 0; turn < 20; ++turn) {
      ASSERT_TRUE(world.log()->prepare_step());
      ASSERT_TRUE(world.log()->write_step());
    }
    world.pass_ms(100);
  }
  EXPECT_TRUE(world.log()->storage_full());
  EXPECT_FALSE(world.ended());
  const std::string kept = numbers_in(*world.log(), LogSide::outcomes, p);
  EXPECT_NE(kept.find(" 1 2 3"), std::string::npos);
  EXPECT_EQ(world.log()->append_commands(p, command_batch(p, {100'000}, 1)), Taken::full);

  world.disk().set_capacity(uint64_t{1} << 40);
  world.pass_ms(2000);
  world.settle();
  EXPECT_FALSE(world.log()->storage_full());
  world.append(p, 3);
  world.settle();
  EXPECT_EQ(world.wrong(), "");
  EXPECT_FALSE(world.ended());
}

TEST(SegmentLog, StartsOnAFullDiskAndServesReads_B5) {
  for (const bool clean : {true, false}) {
    LogWorld world(1, 0);
    ASSERT_TRUE(world.start());
    world.append(p, 3, 500);
    world.settle();
    if (clean) {
      ASSERT_TRUE(world.close());
    }
    world.kill();
    world.disk().set_capacity(world.disk().used_bytes());
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    EXPECT_EQ(numbers_in(*world.log(), LogSide::outcomes, p), "outcomes 1.0: 1 2 3");
    EXPECT_EQ(world.wrong(), "");
    ASSERT_TRUE(world.log()->prepare_step());
    EXPECT_TRUE(world.log()->storage_full());
    world.disk().cut_power();
    ASSERT_TRUE(world.start());
    EXPECT_EQ(world.wrong(), "");
  }
}

TEST(SegmentLog, FindsRecordsThroughTheIndexOfASealedSegmentOrWithoutIt_B6) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 40; ++i) {
    for (const PartitionId id : world.partitions()) world.append(id, 2, 300);
    world.settle();
  }
  ASSERT_TRUE(world.close());
  ASSERT_TRUE(world.start());
  EXPECT_EQ(world.wrong(), "");
  ASSERT_TRUE(world.close());
  std::size_t lost = 0;
  for (const std::string& name : names_in(world.disk())) {
    if (!name.ends_with(".index")) continue;
    if (++lost % 2 == 0)
      world.disk().lose_file(name);
    else
      world.disk().flip_bit(name, 100);
  }
  ASSERT_GT(lost, 2u);
  ASSERT_TRUE(world.start());
  EXPECT_EQ(world.wrong(), "");
}

TEST(SegmentLog, BuildsAnIndexThatIsOfAnotherSegmentAgain_B6) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 40; ++i) {
    for (const PartitionId id : world.partitions()) world.append(id, 2, 300);
    world.settle();
  }
  ASSERT_TRUE(world.close());
  auto image = world.disk().image();
  image[index_name(3)] = image.at(index_name(2));
  world.disk().load(image);
  ASSERT_TRUE(world.start());
  EXPECT_EQ(world.wrong(), "");
}

TEST(SegmentLog, RefusesToReadARottenGroupOfTheSegmentThatIsBeingWritten) {
  LogWorld world(1, 0);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 5; ++i) {
    world.append(p, 2, 1200);  // beyond what is kept in memory
    world.settle();
  }
  world.disk().flip_bit(segment_name(2), (block_bytes + 200) * 8);
  const auto read = world.log()->read(LogSide::outcomes, p, 1, 1000);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "log_rot");
  EXPECT_NE(read.error().detail.find("segment-0000000000000002.log at 4096"), std::string::npos)
      << read.error().detail;
}

TEST(SegmentLog, RefusesAnOutcomeWhoseCommandIsNotInTheLog_A1) {
  SimulatedDisk disk(1);
  VirtualClock clock;
  {
    auto log = *SegmentLog::open(disk, clock, small_log_options());
    const Ownership owned = *log->acquire(p);
    Tail tail = owned.tail;
    log->append_outcomes(p, owned.epoch, {1}, outcome_batch(p, tail, owned.epoch, {5}, 1));
    ASSERT_TRUE(log->close());
  }
  const auto refused = SegmentLog::open(disk, clock, small_log_options());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("outcome 1 of partition 1.0 is caused by 5"),
            std::string::npos)
      << refused.error().detail;
}

TEST(SegmentLog, KeepsItsIdentityOverRestarts) {
  SimulatedDisk disk(1);
  VirtualClock clock;
  SegmentLogOptions options = small_log_options();
  options.fresh.reset();
  const LogIdentity first = (*SegmentLog::open(disk, clock, options))->identity();
  const LogIdentity second = (*SegmentLog::open(disk, clock, options))->identity();
  EXPECT_EQ(first.id, second.id);
  EXPECT_EQ(first.incarnation, second.incarnation);
  EXPECT_NE(first.id, Hash128{});
}

}  // namespace
}  // namespace spate
