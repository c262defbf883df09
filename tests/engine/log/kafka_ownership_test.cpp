// Who owns a partition, as every node reads it, and how a node that leaves hands it over.
#include <gtest/gtest.h>

#include "tests/support/kafka_node.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

TEST(KafkaOwnership, TellsWhoOwnsAPartitionAsTheOutcomeTopicNamesIt) {
  QuietCluster cluster;
  TestNode first(cluster), second_one(cluster);
  EXPECT_EQ(first.owner(p), "nobody");
  first.own(p);
  second_one.settle();
  EXPECT_EQ(first.owner(p), "here");
  EXPECT_EQ(second_one.owner(p), "node:0");
  EXPECT_FALSE(second_one.is_left_to_others(p)) << "the group has not yet spoken";
  second_one.own(p);
  first.append(p, 1);
  first.settle();
  EXPECT_EQ(first.owner(p), "node:1");
  EXPECT_EQ(second_one.owner(p), "here");
  cluster.kafka.elect(first.number(), {});
  first.settle();
  EXPECT_TRUE(first.is_left_to_others(p));
}

/// Elected and asked for, all records read: only where the topic ends is told later than that.
void expect_owned_once_the_end_is_told(QuietCluster& cluster, TestNode& node) {
  node.elect();
  EXPECT_EQ(node.acquire(p), "not_owned");
  node.settle();
  EXPECT_EQ(node.acquire(p), "not_owned");
  EXPECT_FALSE(node.log().caught_up());
  cluster.kafka.set_odds({});
  node.settle();
  EXPECT_EQ(node.acquire(p), "");
  EXPECT_EQ(node.owner(p), "here");
}

TEST(KafkaOwnership, ClaimsAnEmptyTopicWhoseEndIsToldAfterTheElection) {
  QuietCluster cluster;
  cluster.kafka.set_odds({.unanswered = true});
  TestNode node(cluster);
  expect_owned_once_the_end_is_told(cluster, node);
}

TEST(KafkaOwnership, ClaimsATopicWhoseEndIsToldAfterAllItsRecordsWereRead) {
  QuietCluster cluster;
  TestNode before(cluster);
  before.own(p);
  before.append(p, 3);
  before.settle();
  cluster.kafka.set_odds({.unanswered = true});
  TestNode node(cluster);
  expect_owned_once_the_end_is_told(cluster, node);
  EXPECT_EQ(node.ownership.tail.sequence, Sequence{3});
}

TEST(KafkaOwnership, GoesOnAfterItHasLeftTheGroupUntilAnotherClaims) {
  QuietCluster cluster;
  TestNode leaving(cluster), next(cluster);
  leaving.own(p);
  leaving.append(p, 2);
  leaving.settle();
  leaving.log().leave();
  leaving.settle();
  leaving.append(p, 3);
  leaving.settle();
  EXPECT_EQ(leaving.progress(p), "durable 5");
  EXPECT_EQ(leaving.owner(p), "here");
  next.own(p);
  EXPECT_EQ(next.ownership.tail.sequence, Sequence{5});
  leaving.settle();  // it has nothing to send by which it could learn of the claim
  EXPECT_EQ(leaving.progress(p), "conflict 5");
  EXPECT_EQ(leaving.owner(p), "node:1");
  EXPECT_EQ(leaving.acquire(p), "owned_elsewhere");
  cluster.clock.advance_ns(1000 * second);
  leaving.elect();  // the group's word from before it left
  leaving.settle();
  EXPECT_EQ(next.progress(p), "durable 5");
}

TEST(KafkaOwnership, KeepsWhatWasUnderWayWhenItLeftTheGroup) {
  QuietCluster cluster;
  TestNode leaving(cluster), next(cluster);
  leaving.own(p);
  leaving.append(p, 2);
  leaving.step();  // sent, not yet reported
  leaving.log().leave();
  leaving.append(p, 2);
  leaving.settle();
  EXPECT_EQ(leaving.progress(p), "durable 4");
  next.own(p);
  leaving.append(p, 1);  // behind the claim
  leaving.settle();
  EXPECT_EQ(leaving.progress(p), "conflict 4");
  next.append(p, 1);
  next.settle();
  EXPECT_EQ(next.progress(p), "durable 5");
}

TEST(KafkaOwnership, ReadsNobodyIntoItsOwnClaimOfAnEarlierLife) {
  QuietCluster cluster;
  TestNode before(cluster);
  before.own(p);
  cluster.nodes = 0;  // the next has its address
  TestNode after(cluster);
  after.settle();
  EXPECT_EQ(after.owner(p), "nobody");
}

TEST(KafkaOwnership, TakesCommandsForPartitionsOfOthers) {
  QuietCluster cluster;
  TestNode owner(cluster), other(cluster);
  owner.own(p);
  const BatchPtr command = command_batch(p, {1}, 1);
  const uint64_t number = other.log().publish(p, (*command->begin()).body);
  ASSERT_NE(number, 0u);
  EXPECT_TRUE(other.log().published().empty());
  other.settle();
  const auto told = other.log().published();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].number, number);
  EXPECT_TRUE(told[0].is_durable);
  owner.settle();
  EXPECT_EQ(numbers_in(owner.log(), LogSide::commands, p), "commands 1.0: 1");
}

TEST(KafkaOwnership, SaysWhenACommandForOthersMayBeLost) {
  QuietCluster cluster;
  TestNode other(cluster);
  cluster.kafka.set_odds({.lost = 1});
  const BatchPtr command = command_batch(p, {1}, 1);
  const uint64_t number = other.log().publish(p, (*command->begin()).body);
  other.settle();
  const auto told = other.log().published();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].number, number);
  EXPECT_FALSE(told[0].is_durable);
}

}  // namespace
}  // namespace spate
