// Who heeds the room of a place lets the thread of librdkafka rest while the broker is waited for.
#include "tests/kafka/cluster_kit.hpp"

namespace spate {
namespace {

using KafkaRdRoomTest = OnARealCluster;

std::vector<KafkaOutcome> batch_of(std::size_t count) {
  return std::vector<KafkaOutcome>(count, KafkaOutcome{as_bytes("stream"), as_bytes("outcome")});
}

TEST_F(KafkaRdRoomTest, IsOneRequestAndOpensAgainWhenThatIsReported) {
  const auto client = open();
  HeardKafka heard;
  const std::size_t whole = client->room(outcomes(0)).records;
  EXPECT_GT(whole, 1'000u);
  EXPECT_EQ(client->send_outcomes({7, 0}, 1, batch_of(10)), 10u);
  EXPECT_EQ(client->room(outcomes(0)).records, 0u);
  EXPECT_EQ(client->room(outcomes(1)).records, whole);
  EXPECT_EQ(client->room(commands(0)).records, whole);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.reports.size() == 10; }));
  EXPECT_EQ(client->room(outcomes(0)).records, whole);
  EXPECT_EQ(client->send_outcomes({7, 0}, 11, batch_of(3)), 3u);
  EXPECT_EQ(client->room(outcomes(0)).records, 2u);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.reports.size() == 13; }));
}

TEST_F(KafkaRdRoomTest, WhatLibrdkafkaRefusesOrCannotDeliverTakesNoRoom) {
  KafkaRdOptions small = options();
  small.send_records_max = 20;
  small.message_bytes_max = 10'000;
  const auto client = open(small);
  HeardKafka heard;
  const std::size_t whole = client->room(outcomes(0)).records;
  const std::size_t taken = client->send_outcomes({7, 0}, 1, batch_of(100));
  ASSERT_LT(taken, 100u);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.reports.size() == taken; }));
  EXPECT_EQ(client->room(outcomes(0)).records, whole);
  const std::string large(20'000, 'x');
  const KafkaOutcome refused[] = {{{}, as_bytes(large)}};
  EXPECT_EQ(client->send_outcomes({7, 0}, 1'000, refused), 1u);
  client->send_outcome({7, 0}, 1'001, {}, as_bytes(large));
  EXPECT_EQ(client->room(outcomes(0)).records, whole);
}

/// Of the outcomes' producer: how often its threads looked for work, and how often they sent.
struct Work {
  uint64_t looked = 0, requests = 0;
};

uint64_t sum_of(const std::string& json, const std::string& name) {
  const std::string wanted = "\"" + name + "\":";
  uint64_t sum = 0;
  for (auto at = json.find(wanted); at != std::string::npos; at = json.find(wanted, at + 1))
    sum += std::stoull(json.substr(at + wanted.size()));
  return sum;
}

Work work_of(const KafkaRdClient& client) {
  Work work;
  for (const KafkaStatistics& told : client.statistics()) {
    if (told.client != "outcomes") continue;
    work.looked += sum_of(told.json, "wakeups");
    work.requests += sum_of(told.json, "Produce");
  }
  return work;
}

/// Sent regardless of it, these records cost hundreds of looks a request, and a core meanwhile.
TEST_F(KafkaRdRoomTest, WhoSendsByItDoesNotKeepTheThreadLookingForRoom) {
  KafkaRdOptions told_often = options();
  told_often.properties.common = {{"statistics.interval.ms", "50"}};
  const auto client = open(told_often);
  HeardKafka heard;
  constexpr std::size_t rounds = 400, count = 40;
  const auto batch = batch_of(count);
  uint64_t sent = 0;
  ASSERT_TRUE(poll_until(*client, heard, [&] {
    if (sent < rounds * count && client->room(outcomes(0)).records >= count)
      sent += client->send_outcomes({7, 0}, sent, batch);
    return heard.reports.size() == rounds * count;
  }));
  ASSERT_TRUE(poll_until(*client, heard, [&] { return work_of(*client).requests >= rounds; }));
  const Work work = work_of(*client);
  EXPECT_LT(work.looked, 30 * work.requests) << work.requests << " requests";
}

}  // namespace
}  // namespace spate
