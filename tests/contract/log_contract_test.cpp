// What every log promises, whatever lies below it.
#include "tests/contract/log_contract.hpp"

namespace spate {
namespace {

constexpr PartitionId a{1, 0}, b{1, 1}, c{2, 0};

TEST_P(LogContract, BeginsEmpty) {
  const Ownership owned = acquire(a);
  EXPECT_EQ(owned.tail.sequence.value, 0u);
  EXPECT_EQ(owned.tail.command.value, 0u);
  EXPECT_EQ(owned.tail.chain, 0u);
  EXPECT_EQ(commands(a), "commands 1.0:");
  EXPECT_EQ(outcomes(a), "outcomes 1.0:");
}

TEST_P(LogContract, ShowsCommandsAtOnceAndOutcomesWhenDurable) {
  acquire(a);
  append(a, 3);
  EXPECT_EQ(commands(a), owner_numbers() ? "commands 1.0: 1 2 3" : "commands 1.0:");
  EXPECT_EQ(outcomes(a), "outcomes 1.0:");
  EXPECT_EQ(log().poll(a).cause.value, 0u);
  EXPECT_EQ(log().outcomes_end(a).value, 0u);
  make_durable();
  EXPECT_EQ(log().outcomes_end(a).value, 3u);
  EXPECT_EQ(commands(a), "commands 1.0: 1 2 3");
  EXPECT_EQ(outcomes(a), "outcomes 1.0: 1 2 3");
  EXPECT_EQ(log().poll(a).cause.value, 3u);
  EXPECT_EQ(log().poll(a).sequence.value, 3u);
}

TEST_P(LogContract, KeepsPartitionsApart) {
  acquire(a), acquire(b), acquire(c);
  append(a, 2), append(b, 1), append(c, 3), append(a, 1);
  make_durable();
  EXPECT_EQ(outcomes(a), "outcomes 1.0: 1 2 3");
  EXPECT_EQ(outcomes(b), "outcomes 1.1: 1");
  EXPECT_EQ(outcomes(c), "outcomes 2.0: 1 2 3");
}

TEST_P(LogContract, ReadsFromAnywhereAndFindsTheNextCommandBehindAGap) {
  acquire(a);
  log().append_commands(a, command_batch(a, {1}, 2));
  log().append_commands(a, command_batch(a, {10}, 2));
  make_durable();
  const bool gap = owner_numbers();  // a log that numbers by itself left none here
  EXPECT_EQ(commands(a, 2), gap ? "commands 1.0: 2 10 11" : "commands 1.0: 2 3 4");
  EXPECT_EQ(commands(a, 5), gap ? "commands 1.0: 10 11" : "commands 1.0:");
  EXPECT_EQ(commands(a, 12), "commands 1.0:");
}

TEST_P(LogContract, GivesRecordsBackAsTheyWere) {
  acquire(a);
  const BatchPtr written = command_batch(a, {1}, 20, std::string(300, 'y'));
  log().append_commands(a, written);
  make_durable();
  auto record = written->begin();
  for (uint64_t from = 1; from <= 20;) {
    const BatchPtr read = *log().read(LogSide::commands, a, from, 1000);
    ASSERT_NE(read, nullptr);
    for (const RecordView& found : *read) {
      if (found.head.number < from) continue;
      if (owner_numbers()) {
        EXPECT_EQ(found.head.crc, (*record).head.crc);
      }
      EXPECT_EQ(as_text(found.body), as_text((*record).body));
      EXPECT_EQ(reinterpret_cast<uintptr_t>(found.body.data()) % 8, 0u);
      ++record, ++from;
    }
  }
}

TEST_P(LogContract, RingsWhenDurabilityMoved) {
  struct CountingBell final : Bell {
    void ring() override { ++rung; }
    int rung = 0;
  } bell, other;
  log().on_durable(a, &bell);
  log().on_durable(b, &other);
  acquire(a);
  const int before = bell.rung;
  append(a, 1);
  EXPECT_EQ(bell.rung, before);
  make_durable();
  EXPECT_GT(bell.rung, before);
  EXPECT_EQ(other.rung, 0);
}

TEST_P(LogContract, RaisesTheEpochAtEachAcquire) {
  const Epoch first = acquire(a).epoch;
  append(a, 2);
  make_durable();
  const Ownership second = acquire(a);
  EXPECT_GT(second.epoch, first);
  EXPECT_EQ(second.tail.sequence.value, 2u);
  EXPECT_EQ(second.tail.cause.value, 2u);
  EXPECT_EQ(second.tail.command.value, 2u);
  append(a, 1);
  make_durable();
  EXPECT_EQ(outcomes(a), "outcomes 1.0: 1 2 3");
}

TEST_P(LogContract, RefusesOutcomesOfAnOldEpoch) {
  const Ownership old = acquire(a);
  append(a, 1);
  make_durable();
  acquire(a);
  Tail tail = owned_[a].tail;
  const auto batch = outcome_batch(a, tail, old.epoch, {1}, 1);
  log().append_outcomes(a, old.epoch, {2}, batch);
  make_durable();
  EXPECT_EQ(log().poll(a).fate, Progress::Fate::conflict);
  EXPECT_EQ(outcomes(a), "outcomes 1.0: 1");
}

TEST_P(LogContract, RefusesOutcomesThatDoNotContinueAndTakesNoneUntilAcquired) {
  acquire(a);
  append(a, 1);
  Tail tail = owned_[a].tail;
  tail.sequence = {7};
  log().append_outcomes(a, owned_[a].epoch, {8}, outcome_batch(a, tail, owned_[a].epoch, {1}, 1));
  EXPECT_EQ(log().poll(a).fate, Progress::Fate::conflict);
  Tail next = owned_[a].tail;
  log().append_outcomes(a, owned_[a].epoch, {2}, outcome_batch(a, next, owned_[a].epoch, {1}, 1));
  make_durable();
  acquire(a);
  EXPECT_EQ(log().poll(a).fate, Progress::Fate::durable);
  append(a, 1);
  make_durable();
  EXPECT_EQ(outcomes(a, 1).find("8"), std::string::npos);
}

TEST_P(LogContract, IsFullBeyondItsUndurableBytesAndTakesMoreWhenTheyAreDurable) {
  acquire(a);
  const std::string text(1000, 'z');
  std::size_t taken = 0;
  while (append(a, 5, text) == Taken::yes && taken < 1000) ++taken;
  EXPECT_GT(taken, 0u);
  EXPECT_LT(taken, 1000u);
  make_durable();
  const uint64_t durable = log().poll(a).sequence.value;
  EXPECT_EQ(durable, taken * 5);
  acquire(a);
  EXPECT_EQ(append(a, 5, text), Taken::yes);
}

TEST_P(LogContract, HoldsALongHistoryWithBatchesLargerThanAnyGroup) {
  for (const PartitionId p : {a, b, c}) acquire(p);
  std::map<PartitionId, uint64_t> count;
  for (int round = 0; round < 60; ++round) {
    const PartitionId p = round % 5 == 0 ? b : round % 7 == 0 ? c : a;
    const std::size_t records = 1 + round % 30;
    ASSERT_EQ(append(p, records, std::string(1 + round * 13 % 700, 'q')), Taken::yes);
    count[p] += records;
    make_durable();
  }
  for (const auto& [p, n] : count) {
    for (const LogSide side : {LogSide::commands, LogSide::outcomes}) {
      std::string expected = numbers_in(log(), side, p, n + 1);
      for (uint64_t number = 1; number <= n; ++number) expected += " " + std::to_string(number);
      EXPECT_EQ(numbers_in(log(), side, p), expected);
    }
  }
}

}  // namespace
}  // namespace spate
