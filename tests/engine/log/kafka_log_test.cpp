// KafkaLog: one thing after another that may happen to an owner, and what it then believes.
#include "engine/log/kafka_log.hpp"

#include <gtest/gtest.h>

#include "engine/log/chain.hpp"
#include "schemas/envelope_generated.h"
#include "tests/support/kafka_node.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/simulated_disk.hpp"

namespace spate {
namespace {

constexpr KafkaPlace outcomes{p, LogSide::outcomes};

std::string outcomes_in(TestNode& node, uint64_t from = 1) {
  return numbers_in(node.log(), LogSide::outcomes, p, from);
}

/// A record as a node with that tail would have written it.
SimulatedKafka::Record outcome_of_epoch(Epoch epoch, Tail tail) {
  const BatchPtr batch = outcome_batch(p, tail, epoch, {99}, 1, "a foreigner's");
  return {.value = std::string(as_text((*batch->begin()).body))};
}

TEST(KafkaLog, IsNotOwnedUntilElectedAndTheOwnClaimIsRead) {
  QuietCluster cluster;
  TestNode node(cluster);
  node.settle();
  EXPECT_EQ(node.acquire(p), "not_owned");
  node.settle();
  EXPECT_EQ(cluster.kafka.topic(outcomes).size(), 0u);
  node.elect();
  node.step();  // the claim is sent, and still on its way
  EXPECT_EQ(node.acquire(p), "not_owned");
  node.settle();
  EXPECT_EQ(node.acquire(p), "");
  EXPECT_EQ(node.ownership.epoch, Epoch{1});
  EXPECT_EQ(cluster.kafka.topic(outcomes).size(), 1u);
}

TEST(KafkaLog, GoesOnOverAStragglerOfALowerEpoch) {
  QuietCluster cluster;
  TestNode node(cluster);
  node.own(p);
  node.append(p, 2);
  node.settle();
  node.own(p);
  const Tail tail = node.ownership.tail;
  node.append(p, 2);
  node.settle();
  cluster.kafka.produce(outcomes, outcome_of_epoch({1}, tail));
  node.append(p, 3);
  node.settle();
  EXPECT_EQ(node.progress(p), "durable 7");
  EXPECT_EQ(outcomes_in(node), "outcomes 1.0: 1 2 3 4 5 6 7");
}

TEST(KafkaLog, LosesToAHigherEpochWhatWasWrittenBehindItAndKeepsWhatWasBefore) {
  QuietCluster cluster;
  TestNode old_owner(cluster), new_owner(cluster);
  old_owner.own(p);
  old_owner.append(p, 3);
  while (cluster.kafka.step()) continue;  // in the topic, the reports not yet heard
  new_owner.own(p);
  EXPECT_EQ(new_owner.ownership.tail.sequence, Sequence{3});
  old_owner.append(p, 2);
  old_owner.settle();
  EXPECT_EQ(old_owner.progress(p), "conflict 3");
  new_owner.append(p, 1, "the new owner's");
  new_owner.settle();
  EXPECT_EQ(new_owner.progress(p), "durable 4");
  old_owner.settle();
  EXPECT_EQ(old_owner.progress(p), "conflict 3");
  EXPECT_EQ(outcomes_in(old_owner), "outcomes 1.0: 1 2 3 4");
}

TEST(KafkaLog, FindsAReportWithoutAnOffsetAgainByTheNextThatHasOne) {
  QuietCluster cluster;
  TestNode node(cluster);
  node.own(p);
  cluster.kafka.set_odds({.without_offset = 1});
  node.append(p, 2);
  while (cluster.kafka.step()) continue;
  cluster.kafka.set_odds({});
  node.append(p, 1);
  node.settle();
  EXPECT_EQ(node.progress(p), "durable 3");
}

TEST(KafkaLog, ReadsToTheEndForAReportWithoutAnOffsetThatNoOtherFollows) {
  QuietCluster cluster;
  TestNode node(cluster);
  node.own(p);
  cluster.kafka.set_odds({.without_offset = 1});
  node.append(p, 2);
  while (cluster.kafka.step()) continue;
  EXPECT_EQ(node.progress(p), "durable 0");
  node.settle();
  EXPECT_EQ(node.progress(p), "durable 2");
  node.append(p, 2);
  node.settle();
  EXPECT_EQ(node.progress(p), "durable 4");
}

TEST(KafkaLog, DoesNotBelieveAReportWithoutAnOffsetBehindARivalsClaim) {
  QuietCluster cluster;
  TestNode node(cluster), rival(cluster);
  node.own(p);
  rival.own(p);
  cluster.kafka.set_odds({.without_offset = 1});
  node.append(p, 1);
  node.settle();
  EXPECT_EQ(node.progress(p), "conflict 0");
}

TEST(KafkaLog, EndsInUnknownWhenASendFailsAndFindsWhatDidHappenWhenItOwnsAgain) {
  QuietCluster cluster;
  TestNode node(cluster);
  node.own(p);
  node.append(p, 1);
  node.settle();
  cluster.kafka.set_odds({.failed_but_kept = 1});
  node.append(p, 1);
  node.settle();
  EXPECT_EQ(node.progress(p), "unknown 1");
  cluster.kafka.set_odds({});
  node.own(p);
  EXPECT_EQ(node.ownership.epoch, Epoch{2});
  EXPECT_EQ(node.ownership.tail.sequence, Sequence{2});
  EXPECT_EQ(node.progress(p), "durable 2");
}

TEST(KafkaLog, LeavesOtherPartitionsOwnedThatHaveNothingInFlightWhenASendFails) {
  QuietCluster cluster(2);
  constexpr PartitionId q{1, 1};
  TestNode node(cluster);
  node.own(q);
  const Ownership other = node.ownership;
  node.own(p);
  cluster.kafka.set_odds({.lost = 1});
  node.append(p, 1);
  node.settle();
  cluster.kafka.set_odds({});
  EXPECT_EQ(node.progress(p), "unknown 0");
  node.ownership = other;
  EXPECT_EQ(node.append(q, 2), Taken::yes);
  node.settle();
  EXPECT_EQ(node.progress(q), "durable 2");
}

TEST(KafkaLog, StopsWhenAnotherWritesInItsEpoch) {
  QuietCluster cluster;
  TestNode node(cluster);
  node.own(p);
  cluster.kafka.produce(outcomes, outcome_of_epoch({1}, node.ownership.tail));
  node.append(p, 1);
  node.settle();
  EXPECT_EQ(node.progress(p), "unknown 0");
  EXPECT_EQ(node.acquire(p), "log_broken");
  EXPECT_NE(node.told().find("spate.redemptions.outcomes.v1 partition 0 offset 1: another wrote"),
            std::string::npos)
      << node.told();
}

TEST(KafkaLog, StopsAtARecordThatIsNoOutcomeAndServesWhatLiesBefore) {
  QuietCluster cluster;
  TestNode node(cluster), reader(cluster);
  node.own(p);
  node.append(p, 3);
  node.settle();
  cluster.kafka.produce(outcomes, {.key = "who", .value = "put this here?"});
  reader.settle();
  EXPECT_EQ(outcomes_in(reader), "outcomes 1.0: 1 2 3 fault log_broken");
  EXPECT_EQ(reader.acquire(p), "log_broken");
  EXPECT_NE(reader.told().find("partition 0 offset 4: it is not an outcome"), std::string::npos);
}

TEST(KafkaLog, HandsOverWhenTheGroupWantsAnotherAfterWhatIsInFlight) {
  QuietCluster cluster;
  TestNode node(cluster), successor(cluster);
  node.own(p);
  node.append(p, 2);
  cluster.kafka.elect(node.number(), {});
  node.step();
  EXPECT_EQ(node.append(p, 1), Taken::full);
  EXPECT_EQ(node.progress(p), "durable 0");
  node.settle();
  EXPECT_EQ(node.progress(p), "conflict 2");
  successor.own(p);
  EXPECT_EQ(successor.ownership.tail.sequence, Sequence{2});
  EXPECT_EQ(node.acquire(p), "owned_elsewhere");
}

TEST(KafkaLog, KeepsThePartitionWhenTheGroupChangesItsMindBeforeItIsHandedOver) {
  QuietCluster cluster;
  TestNode node(cluster);
  node.own(p);
  node.append(p, 2);
  cluster.kafka.elect(node.number(), {});
  node.step();
  node.elect();
  node.settle();
  EXPECT_EQ(node.append(p, 1), Taken::yes);
  node.settle();
  EXPECT_EQ(node.progress(p), "durable 3");
}

TEST(KafkaLog, SendsTheRestOfABatchWhenTheClientHasRoomAgain) {
  QuietCluster cluster;
  TestNode node(cluster);
  node.own(p);
  cluster.kafka.set_odds({.full = 2});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(node.append(p, 5), Taken::yes);
  for (int i = 0; i < 200; ++i) {
    cluster.clock.advance_ns(2'000'000);
    node.settle();
  }
  EXPECT_EQ(node.progress(p), "durable 100");
}

TEST(KafkaLog, GivesTheClientWhatItHasRoomForAndTheRestWhenThatIsReported) {
  QuietCluster cluster;
  TestNode node(cluster);
  node.own(p);
  for (int i = 1; i < 20; ++i) EXPECT_EQ(node.append(p, static_cast<std::size_t>(i)), Taken::yes);
  node.settle();  // no time passes: nothing but reports lets it go on
  EXPECT_EQ(node.progress(p), "durable 190");
}

TEST(KafkaLog, ReadsOldOutcomesFromTheTopicAcrossEverythingThatDoesNotCount) {
  QuietCluster cluster;
  KafkaLogLimits limits;
  limits.recent_bytes_max = 0;
  TestNode node(cluster, limits);
  std::string expected = "outcomes 1.0:";
  for (uint64_t epoch = 1; epoch <= 5; ++epoch) {
    node.own(p);
    node.append(p, epoch);
    node.settle();
    cluster.kafka.produce(outcomes, outcome_of_epoch({epoch - 1}, node.ownership.tail));
  }
  for (uint64_t sequence = 1; sequence <= 15; ++sequence)
    expected += " " + std::to_string(sequence);
  EXPECT_EQ(outcomes_in(node), expected);
  EXPECT_GT(cluster.kafka.fetches(), 0u);
}

TEST(KafkaLog, FindsEveryOutcomeWhenItsIndexHasNoRoomForEveryJump) {
  QuietCluster cluster;
  SimulatedDisk disk(3);
  KafkaLogLimits limits;
  limits.recent_bytes_max = 0;
  limits.offset_runs_max = 4;
  std::string expected = "outcomes 1.0:";
  uint64_t last = 0;
  {
    TestNode node(cluster, limits, &disk);
    for (uint64_t epoch = 1; epoch <= 20; ++epoch) {
      node.own(p);
      node.append(p, 1 + epoch % 4);
      node.settle();
      last += 1 + epoch % 4;
      // A straggler that would be the next outcome, had its epoch not ended.
      cluster.kafka.produce(outcomes, outcome_of_epoch({epoch - 1}, node.ownership.tail));
    }
    for (uint64_t sequence = 1; sequence <= last; ++sequence)
      expected += " " + std::to_string(sequence);
    EXPECT_EQ(outcomes_in(node), expected);
    for (uint64_t from = 1; from <= last; ++from) {
      const auto read = node.log().read(LogSide::outcomes, p, from, 1);
      ASSERT_TRUE(read && *read != nullptr) << from;
      EXPECT_LE((*read)->first(), from);
      EXPECT_GE((*read)->last(), from);
    }
    node.log().note_all();
  }
  TestNode again(cluster, limits, &disk);
  again.settle();
  EXPECT_EQ(outcomes_in(again), expected);
}

TEST(KafkaLog, AnswersRetryForOldOutcomesWhileTheClusterCannotBeReached) {
  QuietCluster cluster;
  KafkaLogLimits limits;
  limits.recent_bytes_max = 0;
  TestNode node(cluster, limits);
  node.own(p);
  node.append(p, 1);
  node.settle();
  cluster.kafka.cut(node.number(), true);
  const auto read = node.log().read(LogSide::outcomes, p, 1, 100);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().action, FaultAction::retry);
  EXPECT_NE(read.error().detail.find("outcome 1 of spate.redemptions.outcomes.v1 partition 0"),
            std::string::npos);
}

TEST(KafkaLog, StopsWhenATopicShowsOtherRecordsThanBefore) {
  QuietCluster cluster;
  KafkaLogLimits limits;
  limits.recent_bytes_max = 0;
  TestNode node(cluster, limits);
  node.own(p);
  node.append(p, 2);
  node.settle();
  auto& topic = cluster.kafka.tampered(outcomes);
  std::swap(topic[1].value, topic[2].value);
  const auto read = node.log().read(LogSide::outcomes, p, 1, 100);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "log_changed");
  EXPECT_EQ(read.error().action, FaultAction::stop);
}

TEST(KafkaLog, StartsFromItsNotes) {
  QuietCluster cluster;
  SimulatedDisk disk(1);
  Tail left;
  {
    TestNode node(cluster, {}, &disk);
    node.own(p);
    node.append(p, 50);
    node.settle();
    left = node.ownership.tail;
    node.log().note_all();
  }
  // What lies before the last valid outcome is not looked at: garbage there goes unnoticed.
  cluster.kafka.tampered(outcomes)[3].value = "rotten";
  TestNode node(cluster, {}, &disk);
  node.own(p);
  EXPECT_EQ(node.told(), "");
  EXPECT_EQ(node.ownership.epoch, Epoch{2});
  EXPECT_EQ(node.ownership.tail.sequence, left.sequence);
  EXPECT_EQ(node.ownership.tail.chain, left.chain);
  EXPECT_EQ(node.ownership.tail.cause, left.cause);
  EXPECT_EQ(outcomes_in(node, 50), "outcomes 1.0: 50");
}

TEST(KafkaLog, ReadsFromTheBeginningWhenItsNotesDoNotFitTheTopic) {
  SimulatedDisk disk(1);
  for (const std::size_t other : {0u, 4u, 5u, 9u}) {
    QuietCluster first;
    TestNode writer(first, {}, &disk);
    writer.own(p);
    writer.append(p, 5);
    writer.settle();
    writer.log().note_all();
    QuietCluster second_cluster;  // made anew, under the same name
    TestNode before(second_cluster);
    before.own(p);
    if (other > 0) before.append(p, other, "others");
    before.settle();
    TestNode node(second_cluster, {}, &disk);
    node.own(p);
    EXPECT_NE(node.told().find("reading the topic from its beginning"), std::string::npos);
    EXPECT_EQ(node.ownership.tail.sequence.value, other);
  }
}

TEST(KafkaLog, SaysRetryForWhatItHasNotReadYet) {
  QuietCluster cluster;
  TestNode node(cluster);
  EXPECT_FALSE(node.log().caught_up());
  EXPECT_EQ(outcomes_in(node), "outcomes 1.0: fault not_read_yet");
  node.settle();
  EXPECT_TRUE(node.log().caught_up());
  EXPECT_EQ(outcomes_in(node), "outcomes 1.0:");
}

}  // namespace
}  // namespace spate
