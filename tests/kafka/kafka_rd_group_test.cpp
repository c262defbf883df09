// The group elects: every command partition has one who should own it, through joins and leaves.
#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/kafka/cluster_kit.hpp"

namespace spate {
namespace {

class KafkaRdGroupTest : public OnARealCluster {
 protected:
  struct Node {
    std::unique_ptr<KafkaRdClient> client;
    HeardKafka heard;
  };
  KafkaRdOptions member(const std::string& instance) const {
    KafkaRdOptions options = this->options();
    options.group = topics_.commands + "-owners";
    options.instance = instance;
    return options;
  }
  /// Missed only after a session that is longer than anybody waits here.
  KafkaRdOptions patient_member(const std::string& instance) const {
    KafkaRdOptions options = member(instance);
    options.properties.consumer.emplace_back("session.timeout.ms", "180000");
    return options;
  }
  /// Polls all until they own, together, every partition once.
  bool settle(std::vector<Node*> nodes) {
    const int64_t until = clock.monotonic_ns() + patience_ns;
    while (clock.monotonic_ns() < until) {
      std::vector<PartitionId> owned;
      bool everyone = true;
      for (Node* node : nodes) {
        const Result<Step> step = node->client->poll(node->heard);
        if (!step) ADD_FAILURE() << step.error().detail;
        if (!step) return false;
        owned.insert(owned.end(), node->heard.owned.begin(), node->heard.owned.end());
        everyone = everyone && !node->heard.owned.empty();
      }
      std::sort(owned.begin(), owned.end());
      if (everyone && owned == all()) return true;
      bell_.wait(10'000'000);
    }
    return false;
  }
  static std::vector<PartitionId> all() {
    std::vector<PartitionId> list;
    for (uint16_t i = 0; i < partitions; ++i) list.push_back({7, i});
    return list;
  }
};

TEST_F(KafkaRdGroupTest, GivesEveryPartitionToOneThroughJoinsAndLeaves) {
  Node a{open(member("a")), {}};
  ASSERT_TRUE(settle({&a}));
  Node b{open(member("b")), {}};
  ASSERT_TRUE(settle({&a, &b}));
  Node c{open(member("c")), {}};
  ASSERT_TRUE(settle({&a, &b, &c}));
  a.client.reset();  // a planned end: it gives its place up, nobody waits for its session
  ASSERT_TRUE(settle({&b, &c}));
  b.client.reset();
  ASSERT_TRUE(settle({&c}));
}

/// A leave that is asked for while a join is on its way: the group would take in one that is gone,
/// and miss it for a whole session; here longer than the test waits.
TEST_F(KafkaRdGroupTest, OneThatEndsDuringAnElectionIsNotWaitedFor) {
  Node b{open(patient_member("b")), {}};
  ASSERT_TRUE(settle({&b}));
  for (int polls = 0; polls < 40; polls = polls * 2 + 1) {
    Node a{open(patient_member("a")), {}};
    ASSERT_TRUE(settle({&a, &b}));
    Node c{open(patient_member("c")), {}};  // its coming makes an election
    ASSERT_TRUE(c.client->poll(c.heard));
    a.heard.electing_now = false;
    ASSERT_TRUE(poll_until(*a.client, a.heard, [&] { return a.heard.electing_now; })) << polls;
    for (int i = 0; i < polls; ++i) {
      ASSERT_TRUE(a.client->poll(a.heard));
      bell_.wait(5'000'000);
    }
    std::thread ends([&] { a.client.reset(); });
    EXPECT_TRUE(settle({&b, &c})) << polls;
    ends.join();
    c.client.reset();
    ASSERT_TRUE(settle({&b})) << polls;
  }
}

/// As after a power cut of the coordinator, which may remember an earlier bearer of a name only.
TEST_F(KafkaRdGroupTest, OneWhoseNameAnotherBoreForAMomentJoinsAnew) {
  std::atomic<int> fenced = 0;
  KafkaRdOptions options = member("same");
  options.tell = [&](const std::string& what) {
    if (what.find("FATAL") != std::string::npos) ++fenced;
  };
  Node a{open(options), {}};
  ASSERT_TRUE(settle({&a}));
  for (int times = 1; times <= 2; ++times) {
    a.heard.owned.clear();
    {
      Node b{open(member("same")), {}};
      ASSERT_TRUE(settle({&b}));
      for (const int64_t until = clock.monotonic_ns() + patience_ns;
           fenced < times && clock.monotonic_ns() < until; bell_.wait(10'000'000)) {
      }
    }
    ASSERT_EQ(fenced, times);
    ASSERT_TRUE(settle({&a}));
  }
}

TEST_F(KafkaRdGroupTest, TheSameInstanceTwiceStopsTheFirst) {
  Node a{open(member("same")), {}};
  ASSERT_TRUE(settle({&a}));
  Node b{open(member("same")), {}};
  std::string fault;
  for (const int64_t until = clock.monotonic_ns() + patience_ns;
       fault.empty() && clock.monotonic_ns() < until; bell_.wait(10'000'000)) {
    if (const auto step = b.client->poll(b.heard); !step) FAIL() << step.error().detail;
    if (const auto step = a.client->poll(a.heard); !step) fault = step.error().code;
  }
  EXPECT_EQ(fault, "kafka_instance_taken");
}

TEST_F(KafkaRdGroupTest, ShowsOthersHowFarItHasRead) {
  KafkaRdOptions quick = member("a");
  quick.commit_interval_ms = 100;
  Node a{open(quick), {}};
  ASSERT_TRUE(settle({&a}));
  for (uint16_t i = 0; i < partitions; ++i) a.client->follow(commands(i), 0);
  for (uint64_t i = 0; i < 100; ++i)
    a.client->send_command({7, 2}, i, as_bytes("k"), as_bytes("v"), {});
  ASSERT_TRUE(poll_until(*a.client, a.heard,
                         [&] { return a.heard.seen[commands(2)].size() == 100; }));

  RdCallbacks callbacks(nullptr);
  auto conf = kafka_conf(KafkaRole::follower, {},
                         {{"bootstrap.servers", brokers_}, {"group.id", quick.group}}, callbacks);
  ASSERT_TRUE(conf);
  auto other = kafka_instance(KafkaRole::follower, std::move(*conf));
  ASSERT_TRUE(other);
  const RdPlaces list(rd_kafka_topic_partition_list_new(1));
  auto* entry = rd_kafka_topic_partition_list_add(list.get(), topics_.commands.c_str(), 2);
  EXPECT_TRUE(poll_until(*a.client, a.heard, [&] {
    return rd_kafka_committed(other->get(), list.get(), 1'000) == RD_KAFKA_RESP_ERR_NO_ERROR &&
           entry->offset == 100;
  })) << entry->offset;
}

}  // namespace
}  // namespace spate
