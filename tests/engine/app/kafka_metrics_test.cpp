// What librdkafka tells, as samples; the JSON is what 2.0.2 wrote, shortened.
#include "engine/app/kafka_metrics.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

const char* producer = R"({"name":"spate#producer-1","type":"producer","tx":20,"tx_bytes":3000,
 "rx":18,"rx_bytes":900,"msg_cnt":4,"msg_size":800,"brokers":{
 "b1:9092/bootstrap":{"nodeid":-1,"nodename":"b1:9092","state":"INIT","txerrs":1,"rxerrs":0,
   "req_timeouts":0,"disconnects":0,"rtt":{"avg":9}},
 "b1:9092/1":{"nodeid":1,"nodename":"b1:9092","state":"UP","txerrs":1,"rxerrs":2,
   "req_timeouts":3,"disconnects":4,"rtt":{"avg":1500}}},"topics":{}})";
const char* consumer = R"({"type":"consumer","tx":5,"brokers":{
 "b1:9092/1":{"nodeid":1,"nodename":"b1:9092","state":"DOWN","rtt":{"avg":250000}},
 "b2:9092/2":{"nodeid":2,"nodename":"b2:9092","state":"UP"}},
 "topics":{"t":{"partitions":{"0":{"fetchq_size":70},"1":{"fetchq_size":5}}}},
 "cgrp":{"rebalance_cnt":6}})";

class KafkaSamples : public testing::Test {
 protected:
  void read(const std::vector<KafkaStatistics>& statistics) {
    samples_.clear();
    metrics_.add(statistics, samples_);
  }
  double value(Metric metric, std::array<std::string, 3> labels = {}) {
    for (const Sample& sample : samples_)
      if (sample.metric == metric && sample.labels == labels) return sample.value;
    return -1;
  }
  static KafkaStatistics fetcher(const std::string& instance, int requests, int errors = 0) {
    return {"fetcher", instance,
            R"({"type":"consumer","tx":)" + std::to_string(requests) +
                R"(,"brokers":{"b1:9092/1":{"nodeid":1,"state":"UP","txerrs":)" +
                std::to_string(errors) + "}}}"};
  }
  KafkaMetrics metrics_;
  std::vector<Sample> samples_;
};

TEST_F(KafkaSamples, SayHowTheBrokersAndTheQueuesAre) {
  read({{"outcomes", "spate#producer-1", producer}, {"group", "spate#consumer-2", consumer}});
  EXPECT_EQ(value(Metric::kafka_broker_up, {"outcomes", "b1:9092"}), 1);
  EXPECT_EQ(value(Metric::kafka_broker_up, {"group", "b1:9092"}), 0);
  EXPECT_EQ(value(Metric::kafka_broker_up, {"group", "b2:9092"}), 1);
  EXPECT_EQ(value(Metric::kafka_broker_rtt, {"outcomes", "b1:9092"}), 0.0015);
  EXPECT_EQ(value(Metric::kafka_requests, {"outcomes"}), 20);
  EXPECT_EQ(value(Metric::kafka_sent_bytes, {"outcomes"}), 3000);
  EXPECT_EQ(value(Metric::kafka_received_bytes, {"outcomes"}), 900);
  EXPECT_EQ(value(Metric::kafka_request_errors, {"outcomes"}), 4);
  EXPECT_EQ(value(Metric::kafka_request_timeouts, {"outcomes"}), 3);
  EXPECT_EQ(value(Metric::kafka_disconnects, {"outcomes"}), 4);
  EXPECT_EQ(value(Metric::kafka_queued_records, {"outcomes"}), 4);
  EXPECT_EQ(value(Metric::kafka_queued_bytes, {"outcomes"}), 800);
  EXPECT_EQ(value(Metric::kafka_fetched_bytes, {"group"}), 75);
  EXPECT_EQ(value(Metric::kafka_rebalances), 6);
}

TEST_F(KafkaSamples, AddUpInstancesForOnePurpose) {
  read({{"follower", "a", consumer}, {"follower", "b", consumer}});
  EXPECT_EQ(value(Metric::kafka_requests, {"follower"}), 10);
  EXPECT_EQ(value(Metric::kafka_fetched_bytes, {"follower"}), 150);
  EXPECT_EQ(value(Metric::kafka_broker_up, {"follower", "b2:9092"}), 1);
}

TEST_F(KafkaSamples, CountOnWhenAnInstanceEnds) {
  read({fetcher("a", 10, 1), fetcher("b", 5)});
  EXPECT_EQ(value(Metric::kafka_requests, {"fetcher"}), 15);
  read({fetcher("a", 12, 1)});
  EXPECT_EQ(value(Metric::kafka_requests, {"fetcher"}), 17) << "five of the one that ended";
  read({});
  EXPECT_EQ(value(Metric::kafka_requests, {"fetcher"}), 17);
  EXPECT_EQ(value(Metric::kafka_request_errors, {"fetcher"}), 1);
  read({fetcher("c", 3, 2)});
  EXPECT_EQ(value(Metric::kafka_requests, {"fetcher"}), 20);
  EXPECT_EQ(value(Metric::kafka_request_errors, {"fetcher"}), 3);
  read({{"group", "d", consumer}});
  read({});
  EXPECT_EQ(value(Metric::kafka_rebalances), 6);
}

/// It hung for longer than what it told is kept.
TEST_F(KafkaSamples, CountNothingTwiceOfAnInstanceThatSpeaksAgain) {
  read({fetcher("a", 10), fetcher("b", 5)});
  read({fetcher("b", 6)});
  read({fetcher("a", 11), fetcher("b", 6)});
  EXPECT_EQ(value(Metric::kafka_requests, {"fetcher"}), 17);
}

/// Two that ask for metrics at once may come with the older figures later.
TEST_F(KafkaSamples, NeverFallForOlderFigures) {
  read({fetcher("a", 10)});
  read({fetcher("a", 8)});
  EXPECT_EQ(value(Metric::kafka_requests, {"fetcher"}), 10);
  read({fetcher("a", 12)});
  EXPECT_EQ(value(Metric::kafka_requests, {"fetcher"}), 12);
}

TEST_F(KafkaSamples, RememberNotEveryInstanceThereEverWas) {
  for (int n = 0; n < 5'000; ++n) read({fetcher("i" + std::to_string(n), 1)});
  EXPECT_EQ(value(Metric::kafka_requests, {"fetcher"}), 5'000);
  EXPECT_LE(metrics_.instances_known(), KafkaMetrics::instances_max + 1);
}

TEST_F(KafkaSamples, LeaveOutWhatIsNoJson) {
  read({{"outcomes", "a", "{\"tx\":"}, {"outcomes", "b", ""}});
  EXPECT_TRUE(samples_.empty());
}

}  // namespace
}  // namespace spate
