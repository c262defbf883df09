// KafkaRdClient keeps the port's contract on a real cluster.
#include "tests/kafka/cluster_kit.hpp"

namespace spate {
namespace {

using Fate = KafkaReport::Fate;
using KafkaRdClientTest = OnARealCluster;

TEST_F(KafkaRdClientTest, ReportsOutcomesInOrderWithContiguousOffsets) {
  const auto client = open();
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 1}, 20'000);
  for (uint64_t i = 0; i < heard.reports.size(); ++i) {
    const KafkaReport& r = heard.reports[i];
    ASSERT_EQ(r.fate, Fate::delivered) << r.reason;
    ASSERT_EQ(r.place, outcomes(1));
    ASSERT_EQ(r.session, 1u);
    ASSERT_EQ(r.token, i);
    ASSERT_EQ(r.offset, static_cast<int64_t>(i));
  }
}

TEST_F(KafkaRdClientTest, FollowsFromTheOffsetAskedFor) {
  const auto client = open();
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 0}, 5'000);
  client->follow(outcomes(0), 1'234);
  auto& seen = heard.seen[outcomes(0)];
  ASSERT_TRUE(poll_until(*client, heard, [&] { return seen.size() == 5'000 - 1'234; }));
  for (std::size_t i = 0; i < seen.size(); ++i) {
    ASSERT_EQ(seen[i].offset, static_cast<int64_t>(i) + 1'234);
    ASSERT_EQ(seen[i].value, std::to_string(i + 1'234));
    ASSERT_EQ(seen[i].key, "key");
  }
  write_outcomes(*client, heard, {7, 0}, 1);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return seen.back().offset == 5'000; }));
}

TEST_F(KafkaRdClientTest, AnotherFollowReplacesThePositionAtOnce) {
  const auto client = open();
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 0}, 5'000);
  for (int64_t from : {4'000, 10, 3'000, 0, 4'900, 77}) {
    client->follow(outcomes(0), from);
    auto& seen = heard.seen[outcomes(0)];
    seen.clear();
    ASSERT_TRUE(poll_until(*client, heard, [&] { return seen.size() >= 50; }));
    for (std::size_t i = 0; i < seen.size(); ++i)
      ASSERT_EQ(seen[i].offset, from + static_cast<int64_t>(i));
  }
}

TEST_F(KafkaRdClientTest, AFollowOutOfTheSinkReplacesThePositionToo) {
  const auto client = open();
  struct Restarting final : KafkaSink {
    void records(KafkaPlace place, std::span<const KafkaRecord> records) override {
      for (const KafkaRecord& r : records) seen.push_back(r.offset);
      if (!again) return;
      again = false;
      client->follow(place, 10);
      restarted_at = seen.size();
    }
    void report(const KafkaReport&) override {}
    void end(KafkaPlace, int64_t) override {}
    void out_of_range(KafkaPlace, int64_t) override {}
    void passed(KafkaPlace, int64_t) override {}
    void elected(std::span<const PartitionId>) override {}
    KafkaRdClient* client = nullptr;
    bool again = true;
    std::size_t restarted_at = 0;
    std::vector<int64_t> seen;
  } sink;
  sink.client = client.get();
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 0}, 5'000);
  client->follow(outcomes(0), 0);
  for (const int64_t until = clock.monotonic_ns() + patience_ns;
       sink.seen.size() < sink.restarted_at + 1'000 && clock.monotonic_ns() < until;)
    ASSERT_TRUE(client->poll(sink));
  ASSERT_GE(sink.seen.size(), sink.restarted_at + 1'000);
  for (std::size_t i = sink.restarted_at; i < sink.seen.size(); ++i)
    ASSERT_EQ(sink.seen[i], 10 + static_cast<int64_t>(i - sink.restarted_at));
}

TEST_F(KafkaRdClientTest, NothingComesOfAPlaceThatIsNoLongerFollowed) {
  const auto client = open();
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 0}, 1'000);
  client->follow(outcomes(0), 0);
  client->follow(outcomes(1), 0);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return !heard.seen[outcomes(0)].empty(); }));
  client->unfollow(outcomes(0));
  heard.seen.clear();
  write_outcomes(*client, heard, {7, 0}, 100);
  write_outcomes(*client, heard, {7, 1}, 100);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.seen[outcomes(1)].size() == 100; }));
  EXPECT_TRUE(heard.seen[outcomes(0)].empty());
}

TEST_F(KafkaRdClientTest, WhatIsHeldWaitsAndIsNotLost) {
  KafkaRdOptions small = options();
  small.follow.place_bytes_max = 64 << 10;  // a queue that fills while it is held
  const auto client = open(small);
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 0}, 50'000);
  client->follow(outcomes(0), 0);
  client->hold(outcomes(0), true);
  client->follow(outcomes(1), 0);
  write_outcomes(*client, heard, {7, 1}, 100);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.seen[outcomes(1)].size() == 100; }));
  EXPECT_TRUE(heard.seen[outcomes(0)].empty());
  client->hold(outcomes(0), false);
  auto& seen = heard.seen[outcomes(0)];
  ASSERT_TRUE(poll_until(*client, heard, [&] { return seen.size() == 50'000; }));
  for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i].value, std::to_string(i));
}

TEST_F(KafkaRdClientTest, AFollowIsNotHeld) {
  const auto client = open();
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 0}, 100);
  client->follow(outcomes(0), 0);
  client->hold(outcomes(0), true);
  client->unfollow(outcomes(0));
  client->follow(outcomes(0), 0);
  EXPECT_TRUE(poll_until(*client, heard, [&] { return heard.seen[outcomes(0)].size() == 100; }));
}

TEST_F(KafkaRdClientTest, AFollowBehindAHoldThatKeptRecordsHandsThemOver) {
  const auto client = open();
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 0}, 1'000);
  client->follow(outcomes(0), 0);
  client->hold(outcomes(0), true);
  client->follow(outcomes(1), 0);
  write_outcomes(*client, heard, {7, 1}, 100);  // by then the held queue has its records, too
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.seen[outcomes(1)].size() == 100; }));
  for (const int64_t until = clock.monotonic_ns() + 500'000'000; clock.monotonic_ns() < until;)
    ASSERT_TRUE(client->poll(heard));
  EXPECT_TRUE(heard.seen[outcomes(0)].empty());
  client->unfollow(outcomes(0));
  client->follow(outcomes(0), 0);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.seen[outcomes(0)].size() == 1'000; }));
}

TEST_F(KafkaRdClientTest, SaysWhereAPlaceEnds) {
  const auto client = open();
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 2}, 321);
  for (uint16_t i = 0; i < partitions; ++i) client->ask_end(outcomes(i));
  client->ask_end(commands(3));
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.ends.size() == partitions + 1u; }));
  EXPECT_EQ(heard.ends[outcomes(2)], 321);
  EXPECT_EQ(heard.ends[outcomes(0)], 0);
  EXPECT_EQ(heard.ends[commands(3)], 0);
}

TEST_F(KafkaRdClientTest, SaysThatWhatIsFollowedIsNotThere) {
  const auto client = open();
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 0}, 10);
  client->follow(outcomes(0), 11);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.lost.contains(outcomes(0)); }));
  EXPECT_EQ(heard.lost[outcomes(0)], 0);
  client->follow(outcomes(0), 10);  // the end itself is fine
  write_outcomes(*client, heard, {7, 0}, 1);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.seen[outcomes(0)].size() == 1; }));
  EXPECT_EQ(heard.seen[outcomes(0)].front().offset, 10);
}

TEST_F(KafkaRdClientTest, ASessionThatWasReplacedReportsNothingMore) {
  const auto client = open();
  HeardKafka heard;
  for (uint64_t i = 0; i < 1'000; ++i)
    client->send_outcome({7, 0}, i, as_bytes("old"), as_bytes("old"));
  EXPECT_EQ(client->open_session(), 2u);
  write_outcomes(*client, heard, {7, 0}, 500);
  ASSERT_EQ(heard.reports.size(), 500u);
  for (const KafkaReport& r : heard.reports) EXPECT_EQ(r.session, 2u);
}

TEST_F(KafkaRdClientTest, ManySessionsInARowCloseBehindTheirUser) {
  const auto client = open();
  HeardKafka heard;
  for (int i = 0; i < 20; ++i) {
    client->open_session();
    write_outcomes(*client, heard, {7, 0}, 10);
  }
  EXPECT_EQ(heard.reports.size(), 200u);
}

TEST_F(KafkaRdClientTest, AFullQueueIsSaidAndLosesNothing) {
  KafkaRdOptions small = options();
  small.send_records_max = 100;
  const auto client = open(small);
  HeardKafka heard;
  uint64_t taken = 0, full = 0;
  while (taken < 5'000) {
    if (client->send_outcome({7, 0}, taken, {}, as_bytes("x")) == KafkaClient::Sent::yes) {
      ++taken;
    } else {
      ++full;
      ASSERT_TRUE(client->poll(heard));
    }
  }
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.reports.size() == taken; }));
  EXPECT_GT(full, 0u);
  for (uint64_t i = 0; i < taken; ++i) EXPECT_EQ(heard.reports[i].offset, int64_t(i));
}

TEST_F(KafkaRdClientTest, AFullQueueTakesTheFirstOfABatchAndNothingBehindThem) {
  KafkaRdOptions small = options();
  small.send_records_max = 100;
  const auto client = open(small);
  HeardKafka heard;
  client->follow(outcomes(0), 0);
  const std::string stream = "stream";
  std::vector<std::string> values;
  for (int i = 0; i < 300; ++i) values.push_back("value " + std::to_string(i));
  std::vector<KafkaOutcome> batch;
  for (const std::string& value : values) batch.push_back({as_bytes(stream), as_bytes(value)});
  std::size_t taken = client->send_outcomes({7, 0}, 1'000, batch);
  EXPECT_GT(taken, 0u);
  EXPECT_LT(taken, batch.size());
  while (taken < batch.size()) {
    ASSERT_TRUE(client->poll(heard));
    taken += client->send_outcomes({7, 0}, 1'000 + taken, std::span(batch).subspan(taken));
  }
  auto& seen = heard.seen[outcomes(0)];
  ASSERT_TRUE(poll_until(*client, heard, [&] {
    return heard.reports.size() == batch.size() && seen.size() == batch.size();
  }));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    EXPECT_EQ(heard.reports[i].token, 1'000 + i);
    EXPECT_EQ(heard.reports[i].offset, static_cast<int64_t>(i));
    EXPECT_EQ(seen[i].key, stream);
    EXPECT_EQ(seen[i].value, values[i]);
  }
}

TEST_F(KafkaRdClientTest, ARecordTooLargeInABatchIsReportedAsFailedAndTheOthersAreSent) {
  KafkaRdOptions small = options();
  small.message_bytes_max = 10'000;
  const auto client = open(small);
  HeardKafka heard;
  const std::string large(20'000, 'x');
  const KafkaOutcome batch[] = {{{}, as_bytes("first")}, {{}, as_bytes(large)}, {{}, as_bytes("last")}};
  EXPECT_EQ(client->send_outcomes({7, 0}, 5, batch), 3u);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.reports.size() == 3; }));
  std::map<uint64_t, Fate> fates;
  for (const KafkaReport& report : heard.reports) fates[report.token] = report.fate;
  EXPECT_EQ(fates, (std::map<uint64_t, Fate>{
                       {5, Fate::delivered}, {6, Fate::failed}, {7, Fate::delivered}}));
}

TEST_F(KafkaRdClientTest, ARecordTooLargeIsReportedAsFailed) {
  KafkaRdOptions small = options();
  small.message_bytes_max = 10'000;
  const auto client = open(small);
  HeardKafka heard;
  const std::string large(20'000, 'x');
  EXPECT_EQ(client->send_outcome({7, 0}, 5, {}, as_bytes(large)), KafkaClient::Sent::yes);
  ASSERT_TRUE(poll_until(*client, heard, [&] { return heard.reports.size() == 1; }));
  EXPECT_EQ(heard.reports[0].fate, Fate::failed);
  EXPECT_EQ(heard.reports[0].token, 5u);
}

TEST_F(KafkaRdClientTest, CommandsCarryHeadersAndTheBrokersStamp) {
  const auto client = open();
  HeardKafka heard;
  const std::string ticket("\0\1\2\3", 4);
  const KafkaHeader headers[] = {{"content-type", as_bytes("application/x-spate-command")},
                                 {"spate-ticket", as_bytes(ticket)}};
  client->follow(commands(3), 0);
  client->send_command({7, 3}, 99, as_bytes("stream"), as_bytes("body"), headers);
  auto& seen = heard.seen[commands(3)];
  ASSERT_TRUE(
      poll_until(*client, heard, [&] { return !seen.empty() && !heard.reports.empty(); }));
  EXPECT_EQ(seen[0].key, "stream");
  EXPECT_EQ(seen[0].value, "body");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"content-type", "application/x-spate-command"}, {"spate-ticket", ticket}};
  EXPECT_EQ(seen[0].headers, expected);
  EXPECT_LT(std::abs(seen[0].timestamp_ms - clock.wall().ns / 1'000'000), 60'000);
  EXPECT_EQ(heard.reports[0].place, commands(3));
  EXPECT_EQ(heard.reports[0].session, 0u);
  EXPECT_EQ(heard.reports[0].token, 99u);
}

TEST_F(KafkaRdClientTest, FetchesFromAnyOffsetAndOn) {
  const auto client = open();
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 0}, 10'000);
  std::vector<int64_t> got;
  const auto take = [&](std::span<const KafkaRecord> records) {
    for (const KafkaRecord& r : records) got.push_back(r.offset);
  };
  for (const int64_t from : {0, 9'999, 5'000, 5'000, 17}) {
    got.clear();
    const auto fetched = client->fetch(outcomes(0), from, 1, take);
    ASSERT_TRUE(fetched) << fetched.error().detail;
    ASSERT_EQ(got, std::vector<int64_t>{from});
  }
  got.clear();
  while (got.size() < 10'000)
    ASSERT_TRUE(client->fetch(outcomes(0), static_cast<int64_t>(got.size()), 4'096, take));
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], static_cast<int64_t>(i));
}

TEST_F(KafkaRdClientTest, WhoReadsFasterThanIsFetchedNeverFindsTheFetchingAtRest) {
  KafkaRdOptions small = options();
  small.fetch_bytes_max = 256 << 10;  // less than a broker's answer holds
  const auto client = open(small);
  HeardKafka heard;
  constexpr int64_t count = 30'000;
  write_outcomes(*client, heard, {7, 0}, count, 200);
  for (int pass = 0; pass < 100; ++pass)
    for (int64_t next = 0; next < count;) {
      const auto fetched = client->fetch(
          outcomes(0), next, 64 << 10,
          [&](std::span<const KafkaRecord> records) { next = records.back().offset + 1; });
      ASSERT_TRUE(fetched) << "pass " << pass << ": " << fetched.error().detail;
    }
}

/// Records that instances of fetchers were told of by their brokers.
uint64_t fetched_records(const KafkaRdClient& client) {
  uint64_t sum = 0;
  for (const KafkaStatistics& told : client.statistics()) {
    const std::size_t at = told.json.find("\"rxmsgs\":");
    if (told.client == "fetcher" && at != std::string::npos)
      sum += std::stoull(told.json.substr(at + 9));
  }
  return sum;
}

TEST_F(KafkaRdClientTest, WhoReadOnFromSeveralPlacesDoNotMoveEachOther) {
  const auto client = open();
  HeardKafka heard;
  constexpr int64_t count = 20'000;
  write_outcomes(*client, heard, {7, 0}, count);
  int64_t next[] = {0, count / 4, count / 2};
  while (next[0] < count) {
    for (int64_t& from : next) {
      const auto take = [&](std::span<const KafkaRecord> records) {
        for (const KafkaRecord& r : records) ASSERT_EQ(r.offset, from++);
      };
      if (from < count) {
        ASSERT_TRUE(client->fetch(outcomes(0), from, 8'192, take));
      }
    }
  }
  const uint64_t read = count + count / 4 * 3 + count / 2;
  ASSERT_TRUE(poll_until(*client, heard, [&] { return fetched_records(*client) >= read; }));
  EXPECT_LT(fetched_records(*client), 2 * read) << "each fetch threw away what another wanted";
}

TEST_F(KafkaRdClientTest, AFetchOfWhatIsNotThereSaysSo) {
  KafkaRdOptions impatient = options();
  impatient.fetch_ms_max = 500;
  const auto client = open(impatient);
  HeardKafka heard;
  write_outcomes(*client, heard, {7, 0}, 10);
  const auto gone = client->fetch(outcomes(0), 1'000, 1, [](auto) { FAIL(); });
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, "kafka_gone");
}

TEST_F(KafkaRdClientTest, AFetchInVainMakesTheNextOnesHasty) {
  KafkaRdOptions nowhere = options();
  nowhere.brokers = "127.0.0.1:1";
  nowhere.fetch_ms_max = 500;
  const auto client = open(nowhere);
  const auto fetch = [&] {
    const int64_t begin = clock.monotonic_ns();
    const auto unreachable = client->fetch(outcomes(0), 0, 1, [](auto) { FAIL(); });
    EXPECT_FALSE(unreachable);
    EXPECT_EQ(unreachable.error().action, FaultAction::retry);
    return clock.monotonic_ns() - begin;
  };
  const int64_t first = fetch();
  EXPECT_GE(first, 500'000'000);
  int64_t shortest = first;
  for (int i = 0; i < 5; ++i) shortest = std::min(shortest, fetch());
  EXPECT_LT(shortest, first / 2);
}

}  // namespace
}  // namespace spate
