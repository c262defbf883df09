// A node that is fenced although the group elected it: when it claims the partition back.
#include <gtest/gtest.h>

#include "tests/support/kafka_node.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

constexpr KafkaPlace outcomes{p, LogSide::outcomes};

TEST(KafkaRivals, DoesNotClaimBackAtOnceFromARival) {
  QuietCluster cluster;
  KafkaLogLimits limits;
  limits.rival_delay_ns_min = limits.rival_delay_ns_max = 10 * second;
  TestNode fenced(cluster, limits), rival(cluster, limits);
  fenced.own(p);
  rival.own(p);
  fenced.append(p, 1);
  fenced.settle();
  EXPECT_EQ(fenced.progress(p), "conflict 0");
  const auto claims = [&] {
    EXPECT_EQ(fenced.acquire(p), "not_owned");
    fenced.settle();
    return cluster.kafka.topic(outcomes).size();
  };
  const std::size_t before = claims();
  cluster.clock.advance_ns(4 * second);
  EXPECT_EQ(claims(), before);
  fenced.elect();  // the group says so anew
  fenced.settle();
  cluster.clock.advance_ns(second);
  EXPECT_EQ(claims(), before + 1);
  EXPECT_EQ(fenced.acquire(p), "");
}

/// Fences `node` by another's claim; the seconds after which it owns again, elected still.
int64_t seconds_until_owned_again(QuietCluster& cluster, TestNode& node, TestNode& rival) {
  rival.elect();
  rival.settle();
  while (rival.acquire(p) != "") {
    cluster.clock.advance_ns(second);
    rival.settle();
  }
  cluster.kafka.elect(rival.number(), {});  // it dies, or another election took it back
  rival.settle();
  node.append(p, 1);
  node.settle();
  for (int64_t waited = 0; waited < 100; ++waited) {
    if (node.acquire(p).empty()) return waited;
    cluster.clock.advance_ns(second);
    node.settle();
  }
  return -1;
}

TEST(KafkaRivals, ClaimsBackSoonFromOneRivalAndLaterFromEachThatFollows) {
  QuietCluster cluster;
  TestNode node(cluster), rival(cluster);
  node.own(p);
  const int64_t first = seconds_until_owned_again(cluster, node, rival);
  EXPECT_GE(first, 1);
  EXPECT_LE(first, 4);
  int64_t last = 0;
  for (int i = 0; i < 4; ++i) last = seconds_until_owned_again(cluster, node, rival);
  EXPECT_GE(last, 7);
  cluster.clock.advance_ns(100 * second);
  EXPECT_LE(seconds_until_owned_again(cluster, node, rival), 4) << "that was long ago";
}

TEST(KafkaRivals, DoesNotClaimBackFromARivalWhileTheGroupChooses) {
  QuietCluster cluster;
  TestNode node(cluster), rival(cluster);
  node.own(p);
  rival.own(p);
  cluster.kafka.choose_anew(node.number());
  node.append(p, 1);
  node.settle();
  const auto claims_of_all = [&] { return cluster.kafka.topic(outcomes).size(); };
  const std::size_t before = claims_of_all();
  EXPECT_EQ(node.acquire(p), "not_owned");
  cluster.clock.advance_ns(100 * second);
  node.settle();
  EXPECT_EQ(claims_of_all(), before) << "it may have been elected by an election that is over";
  node.elect();
  node.settle();
  cluster.clock.advance_ns(second);
  node.settle();
  EXPECT_EQ(claims_of_all(), before + 1);
  EXPECT_EQ(node.acquire(p), "");
}

TEST(KafkaRivals, AreMetByAnOwnerThatWasElectedAgainAndHasNothingToSend) {
  QuietCluster cluster;
  TestNode sleeper(cluster), rival(cluster);
  sleeper.own(p);
  sleeper.append(p, 2);
  sleeper.settle();
  rival.own(p);  // while it slept
  cluster.kafka.elect(rival.number(), {});
  rival.settle();
  EXPECT_EQ(rival.owner(p), "nobody") << "until another claims";
  EXPECT_EQ(sleeper.owner(p), "here") << "it does not know better";
  cluster.kafka.choose_anew(sleeper.number());
  sleeper.elect();
  sleeper.settle();
  EXPECT_EQ(sleeper.progress(p), "conflict 2");
  for (int i = 0; i < 10 && sleeper.acquire(p) != ""; ++i) {
    cluster.clock.advance_ns(second);
    sleeper.settle();
  }
  EXPECT_EQ(sleeper.owner(p), "here");
  rival.settle();
  EXPECT_EQ(rival.owner(p), "node:0");
}

TEST(KafkaRivals, AreNotSeenByAnOwnerThatWasElectedAgainWhenThereAreNone) {
  QuietCluster cluster;
  TestNode owner(cluster);
  owner.own(p);
  owner.append(p, 2);
  cluster.kafka.choose_anew(owner.number());
  owner.elect();
  owner.append(p, 3);
  owner.settle();
  EXPECT_EQ(owner.progress(p), "durable 5");
  EXPECT_EQ(cluster.kafka.topic(outcomes).size(), 6u) << "one claim";
}

}  // namespace
}  // namespace spate
