// Bounds of the processor: each queue is filled to its limit, holds there, and drains again.
#include <gtest/gtest.h>

#include "tests/support/processor_kit.hpp"
#include "tests/support/built_in_domain.hpp"

namespace spate {
namespace {

bool parks = true;

Verdict decide_at_length(RowAccess& rows, std::string_view stream, Instant now, Bytes payload,
                         EmitCore& emit) {
  ENSURE(!parks);
  return redemptions_domain().handler->commands[2].decide(rows, stream, now, payload, emit);
}

/// Redemptions whose `redeem` fails as long as `parks`.
const Domain& parking_domain() {
  static std::vector<HandlerTable::CommandOps> commands(
      redemptions_domain().handler->commands.begin(), redemptions_domain().handler->commands.end());
  commands[2].decide = &decide_at_length;
  static const HandlerTable handler{commands, redemptions_domain().handler->events, 1};
  static const Domain domain{"redemptions", &handler, redemptions_domain().projection,
                             redemptions_domain().schema};
  return domain;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(ProcessorBounds, LeaveCommandsInTheRingBeyondTheAnswersThatWait) {
  ProcessorKit kit(redemptions_domain(), ProcessorLimits{.replies_pending_max = 4});
  kit.open("c", 100);
  for (int i = 0; i < 20; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.step();  // nothing becomes durable
  const uint64_t taken = kit.partition().stats().sequenced.get();
  EXPECT_EQ(taken, 4u);
  EXPECT_EQ(kit.replies(), "");
  std::size_t answered = 0;
  for (int turn = 0; turn < 21 && answered < 21; ++turn) {
    kit.settle();
    answered += lines_of(kit.replies());
  }
  EXPECT_EQ(answered, 21u);
}

TEST(ProcessorBounds, LeaveQuestionsInTheRingBeyondThoseThatWait) {
  ProcessorKit kit(redemptions_domain(), ProcessorLimits{.finds_pending_max = 3});
  kit.log.refuse(true);  // commands wait undecided, and so do questions behind them
  kit.open("c", 100, "open");
  for (int i = 0; i < 10; ++i) kit.find(kit.id_of_key("c", "open"));
  kit.step();
  EXPECT_EQ(kit.replies(), "");
  EXPECT_GT(kit.waiting_bytes(), 6 * sizeof(RequestHead));
  kit.log.refuse(false);
  std::size_t answered = 0;
  for (int turn = 0; turn < 11 && answered < 11; ++turn) {
    kit.settle();
    answered += lines_of(kit.replies());
  }
  EXPECT_EQ(answered, 11u);
}

TEST(ProcessorBounds, LeaveQuestionsInTheRingBeyondTheAnswersThatWait) {
  ProcessorKit kit(redemptions_domain(), ProcessorLimits{.replies_pending_max = 4});
  kit.open("c", 100, "open");
  kit.step();  // nothing becomes durable
  for (int i = 0; i < 20; ++i) kit.find(kit.id_of_key("c", "open"));
  kit.step();
  EXPECT_GT(kit.waiting_bytes(), 15 * sizeof(RequestHead));
  std::size_t answered = 0;
  for (int turn = 0; turn < 21 && answered < 21; ++turn) {
    kit.settle();
    answered += lines_of(kit.replies());
  }
  EXPECT_EQ(answered, 21u);
}

TEST(ProcessorBounds, SequenceNoMoreThanABatchInATurn) {
  ProcessorKit kit(redemptions_domain(), ProcessorLimits{.batch_commands_max = 4});
  kit.log.refuse(true);
  kit.open("c", 100);
  for (int i = 0; i < 20; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.step();
  EXPECT_EQ(kit.partition().stats().sequenced.get(), 4u);
  kit.log.refuse(false);
  kit.settle();
  EXPECT_EQ(kit.partition().stats().sequenced.get(), 21u);
}

TEST(ProcessorBounds, SequenceNoMoreThanABatchesBytesInATurn) {
  ProcessorKit kit(redemptions_domain(), ProcessorLimits{.batch_bytes_max = 1024});
  kit.log.refuse(true);
  kit.open("c", 100);
  for (int i = 0; i < 20; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.step();
  EXPECT_LT(kit.partition().stats().sequenced.get(), 10u);
  EXPECT_GT(kit.waiting_bytes(), 0u);
  kit.log.refuse(false);
  kit.settle();
  EXPECT_EQ(kit.partition().stats().sequenced.get(), 21u);
}

TEST(ProcessorBounds, FreezeTheLargestPartitionAndTakeNothingWhileTheGroupsRowsAreFull) {
  ProcessorKit kit(redemptions_domain(), {.batch_commands_max = 8});
  kit.limit_group({.dirty_bytes_max = 4096});
  kit.restart();
  kit.open("c", 1000);
  for (int i = 0; i < 300; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.settle();
  EXPECT_TRUE(kit.partition().checkpointing().in_progress());
  EXPECT_LT(kit.partition().rows().dirty_bytes(), 4u * 4096);
  EXPECT_GT(kit.waiting_bytes(), 0u);
  for (int turn = 0; turn < 100; ++turn) kit.settle(), kit.write_checkpoint();
  EXPECT_EQ(kit.partition().stats().decided.get(), 301u);
  EXPECT_EQ(kit.waiting_bytes(), 0u);
}

TEST(ProcessorBounds, RefuseCommandsAndAnswerQuestionsWhileTheDiskIsFull_B5) {
  ProcessorKit kit(redemptions_domain());
  kit.open("c", 10, "open");
  kit.settle();
  kit.log.fill_disk(true);
  kit.redeem("c", "ann");
  kit.find(kit.id_of_key("c", "open"));
  kit.settle();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 storage_full\n3 duplicate of 1 replayed\n");
  kit.log.fill_disk(false);
  kit.redeem("c", "ann");
  kit.settle();
  EXPECT_EQ(kit.replies(), "4 outcome accepted\n");
}

TEST(ProcessorBounds, DecideNothingWhileUndurableRowsExceedTheirUndoLog) {
  ProcessorKit kit(redemptions_domain(), {.batch_commands_max = 8}, {.undo_bytes_max = 2048});
  kit.open("c", 1000);
  for (int i = 0; i < 200; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.step();
  EXPECT_LT(kit.partition().stats().decided.get(), 201u);
  for (int turn = 0; turn < 201; ++turn) kit.settle();
  EXPECT_EQ(kit.partition().stats().decided.get(), 201u);
}

TEST(ProcessorBounds, StopABatchWhoseUndoLogIsFullHoweverLargeItIs) {
  ProcessorKit kit(redemptions_domain(), {.batch_commands_max = 1024}, {.undo_bytes_max = 2048});
  kit.open("c", 1000);
  for (int i = 0; i < 200; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.step();
  EXPECT_LT(kit.partition().stats().decided.get(), 60u);
  for (int turn = 0; turn < 201; ++turn) kit.settle();
  EXPECT_EQ(kit.partition().stats().decided.get(), 201u);
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 0u);
}

/// Far more parked than a batch may hold.
struct MuchParked {
  MuchParked(ProcessorLimits limits, RowTableLimits row_limits)
      : kit(parking_domain(), limits, row_limits) {
    kit.open("c", 1000, "open");
    const std::string claimant(4 << 10, 'x');
    for (int i = 0; i < 60; ++i) kit.redeem("c", claimant + std::to_string(i));
    for (int turn = 0; turn < 70; ++turn) kit.settle();
    kit.replies();
  }
  void finish() {
    for (int turn = 0; turn < 80; ++turn) kit.settle();
  }
  ProcessorKit kit;
};

TEST(ProcessorBounds, DiscardInPortionsOfABatchesBytes) {
  MuchParked much({.batch_bytes_max = 16 << 10}, {});
  much.kit.control("c", envelope::Control::discard);
  much.kit.step();
  much.finish();
  EXPECT_EQ(much.kit.partition().stats().parked_commands.get(), 0u);
  for (uint64_t from = 1;;) {
    const auto batch = much.kit.log.read(LogSide::outcomes, {1, 0}, from, 1);
    if (*batch == nullptr) break;
    EXPECT_LT((*batch)->bytes().size(), std::size_t{32} << 10);
    from = (*batch)->last() + 1;
  }
}

TEST(ProcessorBounds, DiscardInPortionsThatCanBeUndone) {
  MuchParked much({}, {.undo_bytes_max = 8192});
  ASSERT_EQ(much.kit.partition().stats().parked_commands.get(), 60u);
  much.kit.control("c", envelope::Control::discard);
  much.kit.redeem("c", "ann", "behind");
  much.kit.step();
  EXPECT_GT(much.kit.partition().stats().parked_commands.get(), 50u);
  much.finish();
  EXPECT_EQ(much.kit.partition().stats().parked_commands.get(), 1u) << "what came behind it";
  EXPECT_EQ(much.kit.outcomes().find("parked origin"), std::string::npos);
  const Hash128 before = much.kit.digest();
  much.kit.restart();
  EXPECT_EQ(much.kit.digest(), before);
}

TEST(ProcessorBounds, RedriveInPortionsAndTakeUpAfterAConflict) {
  MuchParked much({}, {.undo_bytes_max = 8192});
  parks = false;
  much.kit.control("c", envelope::Control::redrive);
  much.kit.redeem("c", "ann", "behind");
  much.kit.step();
  much.kit.log.fail({1, 0}, Progress::Fate::conflict);
  much.finish();
  EXPECT_EQ(much.kit.partition().stats().parked_commands.get(), 0u);
  const std::string outcomes = much.kit.outcomes();
  EXPECT_LT(outcomes.find("origin=2\n"), outcomes.find("origin=61\n"));
  EXPECT_LT(outcomes.find("origin=61\n"), outcomes.find(" 63 accepted")) << outcomes;
  parks = true;
}

TEST(ProcessorBounds, RefuseACommandLongerThanACommandMayBe) {
  ProcessorKit kit(redemptions_domain(), {.command_bytes_max = 2048});
  kit.open("c", 10);
  kit.redeem("c", std::string(2048, 'x'));
  kit.redeem("c", "ann");
  kit.settle();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 outcome refused\n3 outcome accepted\n");
}

TEST(ProcessorBounds, RejectAnOutcomeLongerThanAnOutcomeMayBe) {
  ProcessorKit kit(redemptions_domain(), {.outcome_bytes_max = 1024});
  kit.open("c", 10);
  kit.settle();
  kit.replies();
  kit.redeem("c", std::string(2048, 'x'));
  kit.redeem("c", "ann");
  kit.settle();
  EXPECT_EQ(kit.replies(), "2 outcome rejected outcome_too_large\n3 outcome accepted\n");
}

TEST(ProcessorBounds, AnswerByNameWhatIsTooLongForTheRing) {
  ProcessorKit kit(redemptions_domain(), {}, {}, {}, Numbering::owner, 1024);
  const std::string large(4 << 10, 'x');
  kit.open("c", 10);
  kit.send(60, "c", as_bytes(large), {}, 1);  // refused: its outcome holds the whole command
  kit.redeem("c", "ann");
  for (int turn = 0; turn < 3; ++turn) kit.settle();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 duplicate of 2\n3 outcome accepted\n");
}

/// An edge that reads its answers late gets those of durable outcomes all the same.
TEST(ProcessorBounds, TellsWhatItDecidedWhenThereIsRoomForItOnlyAfterTheLoss) {
  ProcessorKit small{redemptions_domain(), {}, {}, {}, Numbering::log, 1024};
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    if (i == 0) small.open("c", 100);
    else small.redeem("c", "p" + std::to_string(i));
    expected += std::to_string(i + 1) + " outcome accepted\n";
    small.settle();
    small.settle();
  }
  small.log.hold_acquire(true, true);
  small.log.fail({1, 0}, Progress::Fate::conflict);
  small.step();
  std::string told = small.replies();
  EXPECT_LT(told.size(), expected.size()) << "not all had room";
  for (int turns = 0; turns < 20; ++turns) {
    small.step();
    told += small.replies();
  }
  EXPECT_EQ(told, expected);
  small.group().drain();
  small.step();
  EXPECT_TRUE(small.group().stopped());
}

}  // namespace
}  // namespace spate
