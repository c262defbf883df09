// MemoryLog: nothing is durable before it is told so, and its faults are those of the port (A4).
#include "engine/log/memory_log.hpp"

#include <gtest/gtest.h>

#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

struct Appended {
  MemoryLog log{log_topology({{"redemptions", 2}})};
  Epoch epoch = log.acquire(p)->epoch;
  Tail tail;

  void append(uint64_t first, std::size_t count) {
    EXPECT_EQ(log.append_commands(p, command_batch(p, {first}, count)), Taken::yes);
    const Sequence expected = tail.sequence.next();
    EXPECT_EQ(
        log.append_outcomes(p, epoch, expected, outcome_batch(p, tail, epoch, {first}, count)),
        Taken::yes);
  }
};

TEST(MemoryLog, MakesAppendsDurableOnlyWhenStepped) {
  Appended a;
  a.append(1, 3);
  EXPECT_EQ(numbers_in(a.log, LogSide::commands, p), "commands 1.0: 1 2 3");
  EXPECT_EQ(numbers_in(a.log, LogSide::outcomes, p), "outcomes 1.0:");
  EXPECT_EQ(a.log.poll(p).sequence.value, 0u);
  EXPECT_EQ(a.log.step(), Step::worked);
  EXPECT_EQ(a.log.step(), Step::idle);
  EXPECT_EQ(a.log.poll(p).sequence.value, 3u);
  EXPECT_EQ(numbers_in(a.log, LogSide::outcomes, p), "outcomes 1.0: 1 2 3");
}

TEST(MemoryLog, LosesWhatIsNotDurableInACrash) {
  Appended a;
  a.append(1, 2);
  a.log.make_durable(p);
  a.append(3, 2);
  a.log.crash();
  EXPECT_EQ(a.log.poll(p).fate, Progress::Fate::unknown);
  const Ownership again = *a.log.acquire(p);
  EXPECT_EQ(again.tail.sequence.value, 2u);
  EXPECT_EQ(again.tail.command.value, 2u);
  EXPECT_EQ(numbers_in(a.log, LogSide::commands, p), "commands 1.0: 1 2");
}

TEST(MemoryLog, ForgetsUndurableOutcomesInAConflictButKeepsTheirCommands) {
  Appended a;
  a.append(1, 2);
  a.log.fail(p, Progress::Fate::conflict);
  EXPECT_EQ(a.log.poll(p).fate, Progress::Fate::conflict);
  EXPECT_EQ(a.log.poll(p).sequence.value, 0u);
  const Ownership again = *a.log.acquire(p);
  EXPECT_EQ(again.tail.sequence.value, 0u);
  EXPECT_EQ(again.tail.command.value, 2u);
  EXPECT_GT(again.epoch, a.epoch);
}

TEST(MemoryLog, LetsAnUnknownAppendHaveHappened) {
  Appended a;
  a.append(1, 2);
  a.log.fail(p, Progress::Fate::unknown, true);
  EXPECT_EQ(a.log.poll(p).sequence.value, 0u);
  const Ownership again = *a.log.acquire(p);
  EXPECT_EQ(again.tail.sequence.value, 2u);
  EXPECT_EQ(again.tail.chain, a.tail.chain);
}

TEST(MemoryLog, IsFullBeyondItsUndurableBytes) {
  MemoryLog log(log_topology({{"redemptions", 1}}), {{1, 1}, 1}, {.undurable_bytes_max = 200});
  EXPECT_EQ(log.append_commands(p, command_batch(p, {1}, 2)), Taken::yes);
  EXPECT_EQ(log.append_commands(p, command_batch(p, {3}, 1)), Taken::full);
  log.step();
  EXPECT_EQ(log.undurable_bytes(), 0u);
  EXPECT_EQ(log.append_commands(p, command_batch(p, {3}, 1)), Taken::yes);
}

}  // namespace
}  // namespace spate
