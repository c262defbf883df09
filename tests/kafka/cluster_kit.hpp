// A real cluster under test: named by SPATE_KAFKA, with topics of its own for each test.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "engine/log/kafka_rd_admin.hpp"
#include "engine/log/kafka_rd_client.hpp"

namespace spate {

/// Steps are waited for so long; a healthy cluster answers in milliseconds.
inline constexpr int64_t patience_ns = 60'000'000'000;

/// host:port of the cluster under test; null when none is named.
const char* real_cluster();
/// `t<pid>x<n>`: no two tests share topics.
std::string fresh_name();
/// Both topics of a domain, as the engine wants them; replication 3 where there are three brokers.
Result<void> create_domain_topics(KafkaRdAdmin& admin, const KafkaDomainTopics& topics);

/// Everything a client was told, as values.
class HeardKafka final : public KafkaSink {
 public:
  struct Record {
    int64_t offset;
    int64_t timestamp_ms;
    std::string key, value;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  void records(KafkaPlace place, std::span<const KafkaRecord> records) override;
  void passed(KafkaPlace place, int64_t next) override { passed_by[place] = next; }
  void report(const KafkaReport& report) override { reports.push_back(report); }
  void end(KafkaPlace place, int64_t offset) override { ends[place] = offset; }
  void out_of_range(KafkaPlace place, int64_t begin) override { lost[place] = begin; }
  void electing() override { electing_now = true; }
  void elected(std::span<const PartitionId> partitions) override {
    owned.assign(partitions.begin(), partitions.end());
    ++elections;
    electing_now = false;
  }

  std::map<KafkaPlace, std::vector<Record>> seen;
  std::vector<KafkaReport> reports;
  std::map<KafkaPlace, int64_t> ends, lost, passed_by;
  std::vector<PartitionId> owned;
  int elections = 0;
  bool electing_now = false;
};

class OnARealCluster : public testing::Test {
 protected:
  static constexpr uint16_t partitions = 4;
  void SetUp() override;

  KafkaRdOptions options() const;
  std::unique_ptr<KafkaRdClient> open(KafkaRdOptions options) const;
  std::unique_ptr<KafkaRdClient> open() const { return open(options()); }
  /// Polls until it holds; false when patience ends first.
  template <class Holds>
  bool poll_until(KafkaRdClient& client, HeardKafka& heard, Holds holds) const {
    for (const int64_t until = clock.monotonic_ns() + patience_ns; !holds();) {
      if (clock.monotonic_ns() > until) return false;
      const Result<Step> step = client.poll(heard);
      if (!step) ADD_FAILURE() << step.error().detail;
      if (!step) return false;
      if (*step != Step::worked) bell_.wait(20'000'000);
    }
    return true;
  }
  /// `count` outcomes, in order, each its own number as text and noise behind it; all reported.
  void write_outcomes(KafkaRdClient& client, HeardKafka& heard, PartitionId partition,
                      uint64_t count,
                      std::size_t bytes_min = 0) const;

  static KafkaPlace outcomes(uint16_t index) { return {{7, index}, LogSide::outcomes}; }
  static KafkaPlace commands(uint16_t index) { return {{7, index}, LogSide::commands}; }

  std::string brokers_;
  KafkaDomainTopics topics_;
  std::unique_ptr<KafkaRdAdmin> admin_;
  SystemClock clock;
  mutable ThreadBell bell_;
};

}  // namespace spate
