// Bounds of the processor: each queue is filled to its limit, holds there, and drains again.
#include <gtest/gtest.h>

#include "tests/support/processor_kit.hpp"

namespace spate {
namespace {

const Domain& redemptions_domain() {
  for (const Domain& d : domains())
    if (d.name == "redemptions") return d;
  ENSURE(!"redemptions is built in");
  return domains().front();
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
  kit.log.refuse(false);
  std::size_t answered = 0;
  for (int turn = 0; turn < 11 && answered < 11; ++turn) {
    kit.settle();
    answered += lines_of(kit.replies());
  }
  EXPECT_EQ(answered, 11u);
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

TEST(ProcessorBounds, DecideNothingWhileUndurableRowsExceedTheirUndoLog) {
  ProcessorKit kit(redemptions_domain(), {.batch_commands_max = 8}, {.undo_bytes_max = 2048});
  kit.open("c", 1000);
  for (int i = 0; i < 200; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.step();
  EXPECT_LT(kit.partition().stats().decided.get(), 201u);
  for (int turn = 0; turn < 201; ++turn) kit.settle();
  EXPECT_EQ(kit.partition().stats().decided.get(), 201u);
}

}  // namespace
}  // namespace spate
