// Kafka metrics: what librdkafka tells of itself, and how far feeds are, as samples.
#pragma once
#include <array>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/feeds/outcome_feeds.hpp"
#include "engine/log/kafka_log.hpp"
#include "engine/log/kafka_statistics.hpp"
#include "engine/telemetry/metrics.hpp"

namespace spate {

/// Figures of instances for the same purpose are added up; what is not JSON is left out. Counters
/// never fall: they go on from what instances that have ended counted.
class KafkaMetrics {
 public:
  /// Of instances that ended, or do not speak; beyond it those are forgotten.
  static constexpr std::size_t instances_max = 1'000;

  /// Any thread.
  void add(const std::vector<KafkaStatistics>& statistics, std::vector<Sample>& out);
  std::size_t instances_known() const { return counted_.size(); }

 private:
  /// In the order of `counters` in the .cpp.
  using Counters = std::array<double, 8>;
  struct Total {
    Counters counted{};
    bool produces = false;
  };
  void count(Total& total, const std::string& instance, const Counters& now);

  std::mutex mutex_;
  std::map<std::string, Total> totals_;      // by client
  std::map<std::string, Counters> counted_;  // by instance: of it in the totals
};

/// Of the partitions that this node feeds.
void feed_metrics(const OutcomeFeeds& feeds, KafkaLog& log, std::vector<Sample>& out);

}  // namespace spate
