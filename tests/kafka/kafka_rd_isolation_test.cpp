// Other producers may use transactions on command topics: what they abort is never a command.
#include "tests/kafka/cluster_kit.hpp"

namespace spate {
namespace {

using KafkaRdIsolationTest = OnARealCluster;

class Transactions {
 public:
  Transactions(const std::string& brokers, const std::string& topic) : topic_(topic) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "transactional.id", topic.c_str(), nullptr, 0);
    instance_ = RdClient(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
    must(rd_kafka_init_transactions(instance_.get(), 60'000));
  }
  void write(int count, bool commit) {
    must(rd_kafka_begin_transaction(instance_.get()));
    std::string value = commit ? "yes" : "no";
    for (int i = 0; i < count; ++i)
      EXPECT_EQ(rd_kafka_producev(instance_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()),
                                  RD_KAFKA_V_PARTITION(0),
                                  RD_KAFKA_V_VALUE(value.data(), value.size()),
                                  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_flush(instance_.get(), 60'000);
    must(commit ? rd_kafka_commit_transaction(instance_.get(), 60'000)
                : rd_kafka_abort_transaction(instance_.get(), 60'000));
  }

 private:
  static void must(rd_kafka_error_t* error) {
    const RdError owned(error);
    ASSERT_EQ(error, nullptr) << rd_kafka_error_string(error);
  }
  std::string topic_;
  RdClient instance_;
};

TEST_F(KafkaRdIsolationTest, AbortedCommandsAreNeverSeenAndOffsetsJumpOverThem) {
  const auto client = open();
  HeardKafka heard;
  Transactions foreign(brokers_, topics_.commands);
  foreign.write(10, false);
  foreign.write(5, true);
  foreign.write(1, false);
  foreign.write(2, true);
  client->follow(commands(0), 0);
  auto& seen = heard.seen[commands(0)];
  ASSERT_TRUE(poll_until(*client, heard, [&] { return seen.size() == 7; }));
  for (const auto& record : seen) EXPECT_EQ(record.value, "yes");
  EXPECT_EQ(seen.front().offset, 11);  // behind ten aborted records and their marker
  std::vector<int64_t> fetched;
  ASSERT_TRUE(client->fetch(commands(0), 0, 1 << 20, [&](std::span<const KafkaRecord> records) {
    for (const KafkaRecord& r : records) fetched.push_back(r.offset);
  }));
  EXPECT_EQ(fetched.front(), 11);
}

TEST_F(KafkaRdIsolationTest, WhatIsBehindTheLastCommandIsPassed) {
  const auto client = open();
  HeardKafka heard;
  Transactions foreign(brokers_, topics_.commands);
  foreign.write(2, true);
  foreign.write(3, false);
  client->follow(commands(0), 0);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.passed_by[commands(0)] == 7; }))
      << "two commands, a mark, three aborted ones and their mark";
  EXPECT_EQ(heard.seen[commands(0)].size(), 2u);
  client->ask_end(commands(0));
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.ends.contains(commands(0)); }));
  EXPECT_EQ(heard.ends[commands(0)], 7);
}

TEST_F(KafkaRdIsolationTest, WhatComesBehindTheEndThatWasReadIsPassedToo) {
  const auto client = open();
  HeardKafka heard;
  Transactions foreign(brokers_, topics_.commands);
  client->follow(commands(0), 0);
  int64_t end = 0;
  for (const bool commit : {true, false, true, true, false}) {
    foreign.write(1, commit);
    end += 2;
    ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.passed_by[commands(0)] == end; }))
        << heard.passed_by[commands(0)] << " of " << end;
  }
  EXPECT_EQ(heard.seen[commands(0)].size(), 3u);
}

}  // namespace
}  // namespace spate
