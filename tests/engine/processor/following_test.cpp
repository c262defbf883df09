// A partition that another node owns: its outcomes are folded here, so that a takeover finds them.
#include <gtest/gtest.h>

#include "engine/processor/partition_processor.hpp"
#include "tests/support/built_in_domain.hpp"
#include "tests/support/processor_kit.hpp"

namespace spate {
namespace {

constexpr PartitionId p{1, 0};
constexpr int64_t minute = int64_t{60} * 1'000'000'000;

/// `owner` decides; `kit` reads what it decided.
struct Following : testing::Test {
  ProcessorKit owner{redemptions_domain(), {}, {}, {}, Numbering::log};
  ProcessorKit kit{redemptions_domain(), {}, {}, {}, Numbering::log};
  uint64_t told = 0;

  Following() {
    kit.follow_others();
    kit.log.hold_acquire(true, true);
    kit.restart();
  }
  void redeem(int from, int to) {
    for (int i = from; i < to; ++i) owner.redeem("c", "p" + std::to_string(i), "k" + std::to_string(i));
    settle(owner);
  }
  static void settle(ProcessorKit& one) {
    one.settle();
    one.settle();
  }
  /// What the owner decided since comes into the log of `kit`.
  void tell() {
    const auto copy = std::make_shared<RecordBatch>(p, LogSide::outcomes);
    for (;;) {
      const BatchPtr batch = *owner.log.read(LogSide::outcomes, p, told + 1, 1 << 20);
      if (batch == nullptr) break;
      for (const RecordView record : *batch) {
        if (record.head.number <= told) continue;
        copy->add(record.head.number, {record.head.time}, record.body);
        kit.log.append_foreign(p, {record.head.time}, as_bytes("decided elsewhere"));
        told = record.head.number;
      }
    }
    kit.log.append_elsewhere(p, copy);
    kit.step();
  }
  void take_over() {
    kit.log.hold_acquire(false);
    settle(kit);
    ASSERT_TRUE(kit.partition().ready()) << kit.partition().state_text();
  }
};

TEST_F(Following, FoldsWhatIsDecidedElsewhereBeforeItOwnsAnything) {
  owner.open("c", 100);
  redeem(0, 20);
  tell();
  EXPECT_FALSE(kit.partition().ready());
  EXPECT_EQ(kit.digest(), owner.digest());
  redeem(20, 40);
  tell();
  EXPECT_EQ(kit.digest(), owner.digest());
  take_over();
  EXPECT_EQ(kit.digest(), owner.digest());
  kit.redeem("c", "p39", "k39");
  kit.redeem("c", "p40", "k40");
  settle(kit);
  EXPECT_EQ(kit.replies(), "1 duplicate of 41 replayed\n2 outcome accepted\n");
}

TEST_F(Following, GoesOnFoldingWhenAnotherTookThePartitionOver) {
  owner.open("c", 100);
  redeem(0, 10);
  tell();
  take_over();
  kit.redeem("c", "lost", "lost");
  kit.step();
  kit.log.make_durable(p);
  kit.step();  // decided, not durable
  kit.log.hold_acquire(true, true);
  kit.log.fail(p, Progress::Fate::conflict);
  kit.step();
  EXPECT_EQ(kit.replies(), "1 maybe_taken\n");
  redeem(10, 30);
  tell();
  EXPECT_EQ(kit.digest(), owner.digest());
}

TEST_F(Following, WritesCheckpointsSoThatAStartFoldsTheRestAlone) {
  owner.open("c", 100);
  redeem(0, 10);
  tell();
  EXPECT_FALSE(kit.partition().checkpointing().in_progress());
  kit.clock.advance_ns(minute);
  kit.step();
  kit.write_checkpoint();
  EXPECT_EQ(kit.partition().checkpointing().last_written(), Sequence{11});
  kit.store.flush();
  kit.restart();
  EXPECT_EQ(kit.digest(), owner.digest());
  redeem(10, 20);
  tell();
  take_over();
  EXPECT_EQ(kit.digest(), owner.digest());
  EXPECT_EQ(kit.notes().find("discarded"), std::string::npos) << kit.notes();
}

TEST_F(Following, LetsAnIntervalPassBeforeTheFirstCheckpointHoweverLongTheMachineHasRun) {
  kit.clock.advance_ns(minute);
  kit.restart();
  owner.open("c", 100);
  redeem(0, 10);
  tell();
  EXPECT_EQ(kit.digest(), owner.digest());
  EXPECT_FALSE(kit.partition().checkpointing().in_progress());
  kit.clock.advance_ns(minute);
  kit.step();
  EXPECT_TRUE(kit.partition().checkpointing().in_progress());
  kit.write_checkpoint();
}

TEST_F(Following, EndsWithACheckpointOfWhatItFollowed) {
  owner.open("c", 100);
  redeem(0, 10);
  tell();
  kit.group().drain();
  kit.step();
  EXPECT_FALSE(kit.group().stopped()) << "the checkpoint is not written yet";
  kit.write_checkpoint();
  kit.step();
  EXPECT_TRUE(kit.group().stopped());
  EXPECT_EQ(kit.partition().checkpointing().last_written(), Sequence{11});
}

TEST_F(Following, WaitsWhileTheLogCannotBeRead) {
  owner.open("c", 100);
  redeem(0, 10);
  kit.log.fail_reads(true);
  tell();
  EXPECT_EQ(kit.fault(), "");
  kit.log.fail_reads(false);
  kit.step();
  EXPECT_EQ(kit.digest(), owner.digest());
}

}  // namespace
}  // namespace spate
