// MoveFromKafka: a cluster's log arrives in a directory whole and once, whenever it is killed.
#include "engine/log/move_from_kafka.hpp"

#include <gtest/gtest.h>

#include "engine/log/log_walk.hpp"
#include "tests/support/moving_house.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {


/// A log that came from a directory and was gone on with by nodes.
void live(MovingHouse& house, std::size_t lives) {
  house.live_in_directory(lives);
  const auto moved = house.move_in();
  ASSERT_TRUE(moved) << moved.error().detail;
  house.live_in_cluster(lives);
}

/// What nobody has decided is there with its number, for the next server.
void expect_undecided_commands(MovingHouse& house, SegmentLog& log) {
  for (const PartitionId id : house.partitions()) {
    const Tail tail = log.acquire(id)->tail;
    const auto& topic = house.kafka->topic({id, LogSide::commands});
    std::string expected = "commands " + std::to_string(id.domain) + "." + std::to_string(id.index) + ":";
    for (const auto& record : topic)
      if (static_cast<uint64_t>(record.offset) >= tail.cause.value)
        expected += " " + std::to_string(record.offset + 1);
    EXPECT_EQ(numbers_in(log, LogSide::commands, id, tail.cause.value + 1), expected);
    EXPECT_GE(tail.command, tail.cause);
  }
}

void expect_moved(MovingHouse& house) {
  EXPECT_EQ(house.wrong, "");
  EXPECT_EQ(house.notes.move.state, KafkaMove::State::left);
  EXPECT_TRUE(check_not_moved(house.new_disk));
  EXPECT_TRUE(walk_log(house.new_disk));
  const auto log = house.open_new_directory();
  EXPECT_EQ(log->identity(), house.notes.identity->log);
  EXPECT_EQ(house.history(*log), house.history_in_cluster());
  expect_undecided_commands(house, *log);
}

TEST(MoveFromKafka, OutcomesAndUndecidedCommandsArriveAndTheSidesChangeOver) {
  MovingHouse house(1);
  live(house, 3);
  const auto report = house.move_out();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->sent, report->outcomes);
  EXPECT_GT(report->commands, 0u);
  expect_moved(house);
}

TEST(MoveFromKafka, ANodeThatStillRunsIsFencedAndStops) {
  MovingHouse house(2);
  live(house, 2);
  const auto client = house.connect();
  RawCommandDoor door;
  KafkaLog node({house.topology, house.notes.identity->log, client.get(), &house.clock, &door,
                 nullptr, {5, "node", [] { return uint64_t{1}; }, {}, {}}, {}});
  house.kafka->elect(house.clients - 1, house.partitions());
  Result<Ownership> owned = node.acquire(p);
  for (; !owned; owned = node.acquire(p)) {
    house.clock.advance_ns(50'000'000);
    house.drain();
    ASSERT_TRUE(node.step());
  }
  const auto report = house.move_out();
  ASSERT_TRUE(report) << report.error().detail;
  Tail tail = owned->tail;
  const Sequence last = tail.sequence;
  (void)node.append_outcomes(p, owned->epoch, tail.sequence.next(),
                             outcome_batch(p, tail, owned->epoch, tail.cause.next(), 1));
  for (int n = 0; n < 100; ++n) {
    house.clock.advance_ns(1'000'000'000);
    house.drain();
    ASSERT_TRUE(node.step());
  }
  EXPECT_EQ(node.poll(p).sequence, last);  // it told nobody
  EXPECT_EQ(node.acquire(p).error().action, FaultAction::stop);
  EXPECT_NE(node.acquire(p).error().detail.find("migrate --back"), std::string::npos);
  expect_moved(house);
}

TEST(MoveFromKafka, RunAgainItSaysThatItIsDone) {
  MovingHouse house(3);
  live(house, 2);
  ASSERT_TRUE(house.move_out());
  const auto again = house.move_out();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->was_done);
}

TEST(MoveFromKafka, APlanChangesNothing) {
  MovingHouse house(4);
  live(house, 2);
  const auto before = house.kafka->topic({p, LogSide::outcomes}).size();
  const auto plan = house.move_out({}, true);
  ASSERT_TRUE(plan);
  EXPECT_GT(plan->outcomes, 0u);
  EXPECT_EQ(house.kafka->topic({p, LogSide::outcomes}).size(), before);
  EXPECT_EQ(house.notes.move.state, KafkaMove::State::here);
  EXPECT_TRUE(house.new_disk.list()->empty());
}

TEST(MoveFromKafka, ADirectoryWithAnotherLogIsLeftAlone) {
  MovingHouse house(5);
  live(house, 2);
  {
    SegmentLogOptions other;
    other.domains = {{"redemptions", 2}};
    ASSERT_TRUE(SegmentLog::open(house.new_disk, house.clock, other));
  }
  const auto report = house.move_out();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "directory_used");
  EXPECT_EQ(house.notes.move.state, KafkaMove::State::here);
}

TEST(MoveFromKafka, WhileALogArrivesInTheClusterItDoesNotLeaveIt) {
  MovingHouse house(6);
  live(house, 2);
  house.notes.move = {KafkaMove::State::arriving, house.notes.identity->log};
  const auto report = house.move_out();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "log_moving");
}

/// Killed, or its power cut, at random steps again and again (G8).
TEST(MoveFromKafka, KilledAtAnyStepItGoesOnAndDoublesNothing) {
  uint64_t kills = 0;
  for (uint64_t seed = 0; seed < seeds_of_moves; ++seed) {
    MovingHouse house(seed);
    live(house, 1 + seed % 3);
    house.kafka->set_odds({.failed_but_kept = 50, .straggling = 50, .without_offset = 20,
                           .dropped_closed = 3, .full = 7, .fetch_fails = 10, .late = true});
    Result<MoveReport> report = stop("killed", "");
    for (int lives = 0; !report && lives < 40; ++lives) {
      report = house.move_out(1 + house.random.below(lives < 20 ? 60 : 400));
      if (report) break;
      ASSERT_TRUE(report.error().code == "killed" || report.error().code == "fence_broken")
          << seed << " " << report.error().detail;
      ++kills;
    }
    house.kafka->set_odds({});
    house.drain();
    if (!report) report = house.move_out();
    ASSERT_TRUE(report) << seed << ": " << report.error().detail;
    expect_moved(house);
    ASSERT_FALSE(HasFailure()) << seed;
  }
  EXPECT_GT(kills, seeds_of_moves);
}

/// Back into topics that were made anew: the log is the same, its ids and its places stay.
TEST(MoveFromKafka, AndForthAgain) {
  MovingHouse house(11);
  live(house, 3);
  ASSERT_TRUE(house.move_out());
  const std::string before = house.history_in_cluster();
  const auto log = house.open_new_directory();
  EXPECT_EQ(house.history(*log), before);
  EXPECT_EQ(survey_for_move(*log).error().code, "undecided");
}

}  // namespace
}  // namespace spate
