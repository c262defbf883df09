// A partition that another node owns: its outcomes are folded here, so that a takeover finds them.
#include <gtest/gtest.h>

#include "tests/engine/processor/following_kit.hpp"

namespace spate {
namespace {

struct Following : testing::Test, FollowingKit {};

TEST_F(Following, FoldsWhatIsDecidedElsewhereBeforeItOwnsAnything) {
  sell(20);
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
  take_over_and_decide("lost");
  kit.log.hold_acquire(true, true);
  kit.log.fail(p, Progress::Fate::conflict);
  kit.step();
  EXPECT_EQ(kit.replies(), "1 maybe_taken\n");
  redeem(10, 30);
  tell();
  EXPECT_EQ(kit.digest(), owner.digest());
}

TEST_F(Following, WritesCheckpointsSoThatAStartFoldsTheRestAlone) {
  sell(10);
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
  sell(10);
  EXPECT_EQ(kit.digest(), owner.digest());
  EXPECT_FALSE(kit.partition().checkpointing().in_progress());
  kit.clock.advance_ns(minute);
  kit.step();
  EXPECT_TRUE(kit.partition().checkpointing().in_progress());
  kit.write_checkpoint();
}

TEST_F(Following, EndsWithACheckpointOfWhatItFollowed) {
  sell(10);
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

TEST_F(Following, StandsStillWhileAnotherNodeOwnsWhatItWouldDecideOnWrongRows) {
  sell(10);
  kit.partition().judge(PartitionProcessor::Rows::wrong, "rows differ");
  const Hash128 before = kit.digest();
  redeem(10, 20);
  tell();
  kit.clock.advance_ns(minute);
  kit.step();
  EXPECT_EQ(kit.fault(), "");
  EXPECT_EQ(kit.digest(), before) << "it folds nothing more";
  EXPECT_FALSE(kit.partition().checkpointing().in_progress()) << "and writes nothing";
  EXPECT_EQ(kit.partition().state_text(), "rows differ");
  kit.redeem("c", "late", "late");
  kit.step();
  EXPECT_EQ(kit.replies(), "1 not_ready\n");
  kit.log.hold_acquire(false);
  kit.step();
  EXPECT_EQ(kit.fault(), "state_differs") << "it does not own it silently";
  EXPECT_EQ(kit.outcomes().find("late"), std::string::npos);
}

TEST_F(Following, EndsAtOnceWhereItOwnsWhatDiffers) {
  owner.open("c", 100);
  tell();
  take_over();
  kit.partition().judge(PartitionProcessor::Rows::wrong, "rows differ");
  kit.redeem("c", "late", "late");
  kit.step();
  EXPECT_EQ(kit.fault(), "state_differs");
  EXPECT_EQ(kit.replies(), "");
}

TEST_F(Following, WaitsWhileItIsInDoubtAndGoesOnWhereItIsRight) {
  sell(10);
  kit.partition().judge(PartitionProcessor::Rows::in_doubt, "rows differ");
  const Hash128 before = kit.digest();
  redeem(10, 20);
  tell();
  kit.log.hold_acquire(false);
  kit.redeem("c", "late", "late");
  settle(kit);
  EXPECT_EQ(kit.digest(), before);
  EXPECT_FALSE(kit.partition().ready()) << "it waits for the verdict";
  EXPECT_EQ(kit.fault(), "");
  kit.partition().judge(PartitionProcessor::Rows::right, "");
  settle(kit);
  EXPECT_TRUE(kit.partition().ready());
  EXPECT_EQ(kit.digest(), owner.digest());
  kit.partition().judge(PartitionProcessor::Rows::in_doubt, "");
  kit.redeem("c", "later", "later");
  settle(kit);
  EXPECT_EQ(kit.digest(), owner.digest()) << "an owner, too, decides nothing while it is in doubt";
  kit.partition().judge(PartitionProcessor::Rows::right, "");
  settle(kit);
  EXPECT_EQ(kit.fault(), "");
  EXPECT_NE(kit.replies().find("outcome accepted"), std::string::npos);
}

TEST_F(Following, EndsInOrderAlthoughItIsInDoubt) {
  sell(10);
  const Hash128 before = kit.digest();
  kit.partition().judge(PartitionProcessor::Rows::in_doubt, "rows differ");
  redeem(10, 20);
  tell();
  kit.group().drain();
  settle(kit);
  EXPECT_EQ(kit.fault(), "");
  EXPECT_TRUE(kit.group().stopped());
  EXPECT_EQ(kit.digest(), before);
  EXPECT_EQ(kit.partition().checkpointing().last_written(), Sequence{}) << "nothing is written";
}

/// What it has not decided it leaves to whoever owns it next; who waits is told so.
TEST_F(Following, EndsInOrderAlthoughWhatItOwnsIsInDoubt) {
  take_over_and_decide("decided");
  kit.redeem("c", "late", "late");
  kit.step();
  kit.find(CommandId{7, 7});
  kit.partition().judge(PartitionProcessor::Rows::in_doubt, "rows differ");
  kit.redeem("c", "later", "later");
  kit.step();
  EXPECT_EQ(kit.replies(), "");
  kit.group().drain();
  settle(kit);
  EXPECT_EQ(kit.fault(), "");
  EXPECT_TRUE(kit.group().stopped());
  EXPECT_EQ(kit.replies(), "2 maybe_taken\n4 maybe_taken\n1 maybe_taken\n3 not_ready\n");
  EXPECT_EQ(kit.outcomes(), owner.outcomes() + "12 12 accepted\n") << "decided before the doubt";
  EXPECT_EQ(kit.partition().checkpointing().last_written(), Sequence{}) << "nothing is written";
}

/// Who waits need not wait for its end.
TEST_F(Following, LeavesWhatItOwnsToOthersWhenNobodyWillSayWhetherItIsRight) {
  sell(10);
  take_over();
  kit.partition().judge(PartitionProcessor::Rows::in_doubt, "rows differ");
  kit.redeem("c", "late", "late");
  kit.find(CommandId{7, 7});
  settle(kit);
  EXPECT_EQ(kit.replies(), "");
  kit.partition().judge(PartitionProcessor::Rows::left_in_doubt, "rows differ");
  settle(kit);
  EXPECT_EQ(kit.replies(), "1 maybe_taken\n2 not_ready\n");
  kit.redeem("c", "later", "later");
  settle(kit);
  EXPECT_EQ(kit.replies(), "3 not_ready\n");
  EXPECT_FALSE(kit.partition().ready()) << "nor does it own it again, although it could";
  EXPECT_EQ(kit.outcomes(), owner.outcomes());
  kit.group().drain();
  settle(kit);
  EXPECT_EQ(kit.fault(), "");
  EXPECT_TRUE(kit.group().stopped());
}

/// Its turn to own it again may come while it waits.
TEST_F(Following, EndsInOrderAlthoughWhatItLostIsInDoubt) {
  take_over_and_decide("lost");
  kit.log.hold_acquire(true);
  kit.log.fail(p, Progress::Fate::conflict);
  kit.step();
  kit.partition().judge(PartitionProcessor::Rows::in_doubt, "rows differ");
  kit.step();
  EXPECT_EQ(kit.replies(), "");
  kit.group().drain();
  settle(kit);
  EXPECT_EQ(kit.fault(), "");
  EXPECT_TRUE(kit.group().stopped());
  EXPECT_EQ(kit.replies(), "1 maybe_taken\n");
}

TEST_F(Following, EndsInOrderAlthoughItStandsStill) {
  sell(10);
  kit.partition().judge(PartitionProcessor::Rows::wrong, "rows differ");
  kit.group().drain();
  kit.step();
  EXPECT_EQ(kit.fault(), "");
  EXPECT_TRUE(kit.group().stopped());
}

}  // namespace
}  // namespace spate
