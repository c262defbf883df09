// MoveToKafka: an embedded log arrives in topics whole and once, whenever it is killed.
#include "engine/log/move_to_kafka.hpp"

#include <gtest/gtest.h>

#include "engine/log/kafka_commands.hpp"
#include "schemas/envelope_generated.h"
#include "tests/support/kafka_node.hpp"
#include "tests/support/moving_house.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {


/// Nothing doubled, nothing out of its place, nobody's but the log's.
void expect_topics_hold_the_log(MovingHouse& house) {
  const auto source = house.open_directory();
  EXPECT_EQ(house.history_in_cluster(), house.history(*source));
  const auto partitions = survey_for_move(*source);
  ASSERT_TRUE(partitions);
  for (const MovedPartition& partition : *partitions) {
    EXPECT_EQ(house.kafka->topic({partition.id, LogSide::commands}).size(),
              partition.tail.cause.value);
    EXPECT_EQ(house.kafka->topic({partition.id, LogSide::outcomes}).size(),
              partition.tail.sequence.value + partition.claims);
    for (const auto& record : house.kafka->topic({partition.id, LogSide::commands})) {
      const uint64_t number = static_cast<uint64_t>(record.offset) + 1;
      const auto batch = source->read(LogSide::commands, partition.id, number, 1);
      ASSERT_TRUE(batch && *batch);
      RecordView found;
      for (const RecordView view : **batch)
        if (view.head.number <= number) found = view;
      if (record.headers.at(0).second == "application/x-spate-filler")
        EXPECT_NE(found.head.number, number);
      else
        EXPECT_EQ(as_text(found.body), record.value);
    }
  }
}

TEST(MoveToKafka, EveryRecordArrivesInItsPlaceAndTheSidesChangeOver) {
  MovingHouse house(1);
  house.live_in_directory(4);
  const auto report = house.move_in();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->sent, report->commands + report->outcomes + report->claims);
  EXPECT_EQ(house.wrong, "");
  expect_topics_hold_the_log(house);
  EXPECT_EQ(house.notes.move.state, KafkaMove::State::here);
  EXPECT_EQ(check_not_moved(house.disk).error().code, "log_moved");
  EXPECT_EQ(house.notes.identity->log, (LogIdentity{{0x1234, 0x5678}, 9}));
}

TEST(MoveToKafka, AnOwnerGoesOnWhereTheDirectoryEnded) {
  MovingHouse house(2);
  house.live_in_directory(3);
  ASSERT_TRUE(house.move_in());
  const auto source = house.open_directory();
  for (const PartitionId id : house.partitions()) {
    const auto client = house.connect();
    RawCommandDoor door;
    KafkaLog log({house.topology, house.notes.identity->log, client.get(), &house.clock, &door,
                  nullptr, {77, "n", [] { return uint64_t{1}; }, {}, {}}, {}});
    house.kafka->produce({id, LogSide::commands}, {.key = "s", .value = "a new wish"});
    house.kafka->elect(house.clients - 1, house.partitions());
    Result<Ownership> owned = log.acquire(id);
    while (!owned) {
      house.clock.advance_ns(100'000'000);
      house.drain();
      ASSERT_TRUE(log.step());
      owned = log.acquire(id);
    }
    const Ownership before = *source->acquire(id);  // one above the last epoch that it had
    EXPECT_EQ(owned->epoch, before.epoch);
    EXPECT_EQ(owned->tail.sequence, before.tail.sequence);
    EXPECT_EQ(owned->tail.chain, before.tail.chain);
    EXPECT_EQ(owned->tail.cause, before.tail.cause);
    EXPECT_EQ(owned->tail.time, before.tail.time);
    while (*log.step() == Step::worked) continue;
    const std::string next = " " + std::to_string(before.tail.cause.value + 1);
    const uint64_t from = before.tail.cause.value + 1;
    EXPECT_TRUE(numbers_in(log, LogSide::commands, id, from).ends_with(next));
  }
}

TEST(MoveToKafka, RunAgainItSaysThatItIsDone) {
  MovingHouse house(3);
  house.live_in_directory(2);
  ASSERT_TRUE(house.move_in());
  const auto again = house.move_in();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->was_done);
  EXPECT_EQ(again->sent, 0u);
}

TEST(MoveToKafka, APlanChangesNothing) {
  MovingHouse house(4);
  house.live_in_directory(3);
  const auto plan = house.move_in({}, true);
  ASSERT_TRUE(plan);
  EXPECT_GT(plan->outcomes, 0u);
  EXPECT_FALSE(house.notes.identity);
  EXPECT_TRUE(check_not_moved(house.disk));
  for (const PartitionId id : house.partitions())
    EXPECT_TRUE(house.kafka->topic({id, LogSide::outcomes}).empty());
}

TEST(MoveToKafka, AnUndecidedCommandStaysWhereItsStampIs) {
  MovingHouse house(5);
  house.live_in_directory(2);
  house.leave_undecided(p);
  const auto report = house.move_in();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "undecided");
  EXPECT_EQ(house.notes.move.state, KafkaMove::State::here);
}

TEST(MoveToKafka, TopicsThatHoldSomethingAreLeftAlone) {
  for (const LogSide side : {LogSide::commands, LogSide::outcomes}) {
    MovingHouse house(6);
    house.live_in_directory(4);
    house.kafka->produce({p, side}, {.key = "k", .value = "somebody's"});
    const auto report = house.move_in();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, "cluster_occupied");
    EXPECT_FALSE(house.notes.identity);
    EXPECT_TRUE(check_not_moved(house.disk));
  }
}

TEST(MoveToKafka, AForeignRecordAmongTheCopiesStopsItBeforeTheFence) {
  for (uint64_t kill_at = 20; kill_at < 200; kill_at += 9) {
    MovingHouse house(7);
    house.live_in_directory(5);
    if (house.move_in(kill_at).has_value()) break;
    house.drain();
    const auto before = house.kafka->topic({p, LogSide::outcomes}).size();
    house.kafka->produce({p, LogSide::outcomes}, {.key = "k", .value = "somebody's"});
    const auto report = house.move_in();
    ASSERT_FALSE(report) << before;
    EXPECT_EQ(report.error().code, house.notes.move.state == KafkaMove::State::arriving
                                       ? "topic_disturbed" : "cluster_occupied");
    EXPECT_TRUE(check_not_moved(house.disk));
  }
}

TEST(MoveToKafka, CommandsOfOtherSystemsBehindTheLogsOwnAreTheFirstOfTheNewTime) {
  MovingHouse house(8);
  house.live_in_directory(4);
  ASSERT_TRUE(house.move_in());
  house.kafka->produce({p, LogSide::commands}, {.key = "k", .value = "early"});
  house.notes.move = {KafkaMove::State::arriving, house.notes.identity->log};
  const auto report = house.move_in();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->sent, 0u);
}

TEST(MoveToKafka, WhatItsRetentionTookIsNotGoneOnWith) {
  MovingHouse house(9);
  house.live_in_directory(5);
  ASSERT_TRUE(house.move_in());
  house.notes.move = {KafkaMove::State::arriving, house.notes.identity->log};
  house.kafka->trim({p, LogSide::commands}, 3);
  const auto report = house.move_in();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "topic_disturbed");
  EXPECT_NE(report.error().detail.find("retention"), std::string::npos);
}

/// A changed byte in a topic never passes for the log.
TEST(MoveToKafka, ARecordThatIsNotTheLogsIsFound) {
  for (const LogSide side : {LogSide::commands, LogSide::outcomes}) {
    MovingHouse house(10);
    house.live_in_directory(5);
    ASSERT_TRUE(house.move_in());
    house.notes.move = {KafkaMove::State::arriving, house.notes.identity->log};
    house.kafka->tampered({p, side}).at(2).value.back() ^= 1;
    const auto report = house.move_in();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, "topic_disturbed");
  }
}

/// Killed again and again at random steps (G8), what was sent arrives before the next life begins.
TEST(MoveToKafka, KilledAtAnyStepItGoesOnAndDoublesNothing) {
  uint64_t kills = 0;
  for (uint64_t seed = 0; seed < seeds_of_moves; ++seed) {
    MovingHouse house(seed);
    house.odds = {.without_offset = 20, .full = 7, .late = true};
    house.remake_topics();
    house.live_in_directory(1 + seed % 4);
    Result<MoveReport> report = stop("killed", "");
    for (int lives = 0; !report && lives < 60; ++lives) {
      report = house.move_in(1 + house.random.below(lives < 30 ? 60 : 2'000));
      house.drain();
      if (report) break;
      ASSERT_EQ(report.error().code, "killed") << seed << " " << report.error().detail;
      ++kills;
    }
    if (!report) report = house.move_in();
    ASSERT_TRUE(report) << seed << ": " << report.error().detail;
    ASSERT_EQ(house.wrong, "") << seed;
    expect_topics_hold_the_log(house);
    ASSERT_FALSE(HasFailure()) << seed;
  }
  EXPECT_GT(kills, seeds_of_moves);
}

/// And with stragglers of dead lives, failures and lost records it ends well or says why not: never
/// is a log declared moved that is not there whole.
TEST(MoveToKafka, WhatACutLifeSentTooLateIsNoticed) {
  uint64_t disturbed = 0, moved = 0;
  for (uint64_t seed = 1000; seed < 1000 + seeds_of_moves; ++seed) {
    MovingHouse house(seed);
    house.odds = {.failed_but_kept = 300, .lost = 300, .straggling = 300, .without_offset = 20,
                  .dropped_closed = 3, .full = 7, .late = true};
    house.remake_topics();
    house.live_in_directory(1 + seed % 4);
    for (int lives = 0; lives < 40; ++lives) {
      const bool to_the_end = lives > 5;
      const auto report =
          house.move_in(to_the_end ? std::nullopt : std::optional(1 + house.random.below(300)));
      if (report) break;
      if (report.error().code == "topic_disturbed") {
        ++disturbed;
        house.remake_topics();  // as it says
      }
      if (to_the_end) house.odds = {.late = true}, house.kafka->set_odds(house.odds);
    }
    ASSERT_EQ(house.wrong, "") << seed;
    ASSERT_EQ(house.notes.move.state, KafkaMove::State::here) << seed;
    if (!check_not_moved(house.disk)) ++moved;
    house.drain();
    house.history_in_cluster();
  }
  EXPECT_EQ(moved, seeds_of_moves);
  EXPECT_GT(disturbed, 0u);
}

}  // namespace
}  // namespace spate
