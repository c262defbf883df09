// Topics are made anew for every test, so that tests neither wait for nor see one another.
#include "tests/kafka/cluster_kit.hpp"

#include <unistd.h>

#include <cstdlib>
#include <random>

namespace spate {

void HeardKafka::records(KafkaPlace place, std::span<const KafkaRecord> records) {
  for (const KafkaRecord& r : records) {
    Record& record = seen[place].emplace_back(Record{
        r.offset, r.timestamp_ms, std::string(as_text(r.key)), std::string(as_text(r.value)), {}});
    for (const KafkaHeader& h : r.headers)
      record.headers.emplace_back(h.name, std::string(as_text(h.value)));
  }
}

const char* real_cluster() { return std::getenv("SPATE_KAFKA"); }

std::string fresh_name() {
  static int made = 0;
  return "t" + std::to_string(getpid()) + "x" + std::to_string(++made);
}

Result<void> create_domain_topics(KafkaRdAdmin& admin, const KafkaDomainTopics& topics) {
  TRY(const auto brokers, admin.brokers());
  const uint32_t replication = std::min<uint32_t>(3, static_cast<uint32_t>(brokers));
  const std::string in_sync = replication == 3 ? "2" : "1";
  for (const auto& [name, stamp] : {std::pair(topics.commands, "LogAppendTime"),
                                    std::pair(topics.outcomes, "CreateTime")})
    TRY(admin.create({name, topics.partitions, replication,
                      {{"message.timestamp.type", {stamp, true}},
                       {"min.insync.replicas", {in_sync, true}},
                       {"retention.ms", {"-1", true}}}}));
  return {};
}

void OnARealCluster::SetUp() {
  if (real_cluster() == nullptr)
    GTEST_SKIP() << "SPATE_KAFKA=host:port names no cluster; `tests/run kafka` starts one";
  brokers_ = real_cluster();
  const std::string domain = fresh_name();
  topics_ = {7, kafka_topic_name(domain, LogSide::commands),
             kafka_topic_name(domain, LogSide::outcomes), partitions};
  auto admin = KafkaRdAdmin::open(brokers_, {}, 20'000, nullptr);
  ASSERT_TRUE(admin) << admin.error().detail;
  admin_ = std::move(*admin);
  const auto created = create_domain_topics(*admin_, topics_);
  ASSERT_TRUE(created) << created.error().detail;
}

KafkaRdOptions OnARealCluster::options() const {
  KafkaRdOptions options;
  options.brokers = brokers_;
  options.topics = {topics_};
  if (const char* debug = std::getenv("SPATE_KAFKA_DEBUG"))
    options.properties.common = {{"debug", debug}};
  options.tell = [begin = clock.monotonic_ns()](const std::string& what) {
    const double ms = static_cast<double>(SystemClock().monotonic_ns() - begin) / 1e6;
    std::printf("told at %.1f ms: %s\n", ms, what.c_str());
  };
  return options;
}

std::unique_ptr<KafkaRdClient> OnARealCluster::open(KafkaRdOptions options) const {
  auto client = KafkaRdClient::open(std::move(options), clock);
  if (!client) ADD_FAILURE() << client.error().detail;
  if (!client) return nullptr;
  (*client)->on_event(&bell_);
  (*client)->join_group();
  return std::move(*client);
}

void OnARealCluster::write_outcomes(KafkaRdClient& client, HeardKafka& heard,
                                    PartitionId partition, uint64_t count,
                                    std::size_t bytes_min) const {
  const std::size_t before = heard.reports.size();
  std::minstd_rand noise;
  for (uint64_t i = 0; i < count;) {
    std::string text = std::to_string(i);
    while (text.size() < bytes_min) text += static_cast<char>(noise());  // nothing to compress
    if (client.send_outcome(partition, i, as_bytes("key"), as_bytes(text)) ==
        KafkaClient::Sent::yes) {
      ++i;
    } else if (!client.poll(heard)) {
      ADD_FAILURE() << "the client stopped";
    }
  }
  EXPECT_TRUE(poll_until(client, heard, [&] { return heard.reports.size() == before + count; }));
}

}  // namespace spate
