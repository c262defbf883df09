// Metrics: the one list of what is measured, counted per thread without locks, read when scraped.
#pragma once
#include <array>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/counter.hpp"

namespace spate {

/// Every metric there is. Names, kinds, labels and help: metric_names.cpp, in this order.
enum class Metric : uint8_t {
  http_requests,
  http_request_duration,
  http_connections,
  http_in_flight_commands,
  http_held_bytes,
  http_connections_shed,
  commands,
  command_end_to_end,
  partition_lag_records,
  partition_lag_time,
  queue_depth,
  projection_position,
  projection_views,
  projection_outdated,
  projection_stopped,
  log_sync,
  log_group_records,
  log_bytes,
  dead_letters,
  parked_streams,
  parked_commands,
  duplicates,
  checkpoint_age,
  recovery_estimate,
  dirty_rows,
  log_lines_dropped,
  rocksdb_block_cache,
  rocksdb_memtables,
  rocksdb_sst,
  rocksdb_pending_compaction,
  kafka_broker_up,
  kafka_broker_rtt,
  kafka_requests,
  kafka_request_errors,
  kafka_request_timeouts,
  kafka_disconnects,
  kafka_sent_bytes,
  kafka_received_bytes,
  kafka_received_records,
  kafka_queued_records,
  kafka_queued_bytes,
  kafka_fetched_bytes,
  kafka_rebalances,
  feed_records,
  feed_lag_records,
  checkpoints_shipped,
  checkpoints_failed,
  checkpoints_sent_bytes,
  checkpoints_age,
  scan_completed,
  scan_differences,
  scan_failed,
  scan_read_bytes,
  compared_digests,
  compare_differences,
  forwarded_requests,
  forwarded_in_flight,
  build_info,
  process_cpu,
  process_open_fds,
  process_max_fds,
  process_resident_memory,
  process_virtual_memory,
  process_start_time,
};

enum class MetricKind : uint8_t { counter, gauge, histogram };

struct MetricName {
  Metric metric;
  std::string_view name;
  MetricKind kind;
  std::string_view help;
  std::array<std::string_view, 3> labels;  ///< unused ones are empty
};
std::span<const MetricName> metric_names();

/// Values of the labels, in the list's order.
using LabelValues = std::array<std::string_view, 3>;

/// Upper bounds of every duration histogram, in seconds.
inline constexpr std::array<double, 17> duration_bounds_s = {
    50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3,
    50e-3, 100e-3, 250e-3, 500e-3, 1,    2.5,    5,    10};
/// Upper bounds of histograms that count things.
inline constexpr std::array<double, 17> count_bounds = {
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};

/// A histogram with one writing thread.
class BucketHistogram {
 public:
  static constexpr std::size_t buckets = duration_bounds_s.size() + 1;  // the last has no bound
  void record_duration(int64_t ns);
  void record_count(uint64_t count);
  uint64_t in_bucket(std::size_t bucket) const { return counts_[bucket].get(); }
  /// Of all recorded values: nanoseconds or things.
  uint64_t sum() const { return sum_.get(); }

 private:
  std::array<Counter, buckets> counts_;
  Counter sum_;
};

/// The series that one thread writes. Only that thread calls `counter` and `histogram`; a series
/// seen before costs one look-up, no lock.
class ThreadMetrics {
 public:
  /// `labels` must live as long as the metrics do: literals, or names of the catalog.
  Counter& counter(Metric metric, const LabelValues& labels = {});
  BucketHistogram& histogram(Metric metric, const LabelValues& labels = {});

  struct Series {
    Metric metric;
    LabelValues labels;
    Counter counter;
    std::unique_ptr<BucketHistogram> histogram;  ///< null unless the metric is one
  };
  /// Any thread.
  void each(const std::function<void(const Series&)>& visit) const;

 private:
  /// Labels by where they lie, which is cheaper than what they say: the same text at two places is
  /// two series, joined when read.
  struct Key {
    Metric metric;
    LabelValues labels;
    bool operator==(const Key& other) const;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  Series& series(Metric metric, const LabelValues& labels);

  std::unordered_map<Key, Series*, KeyHash> index_;  // the owner's alone
  mutable std::mutex mutex_;                         // for growing and reading series_
  std::deque<Series> series_;
};

/// One value as read when scraped.
struct Sample {
  Metric metric;
  std::array<std::string, 3> labels;
  double value = 0;
};

class Metrics {
 public:
  /// Once per thread that counts, at start; lives as long as this.
  ThreadMetrics& add_thread();
  /// Adds values that are kept elsewhere, read at each scrape on the scraper's thread.
  using Source = std::function<void(std::vector<Sample>&)>;
  void add_source(Source source);

  /// The exposition format of Prometheus, version 0.0.4. Any thread.
  std::string text() const;

 private:
  friend class Exposition;
  mutable std::mutex mutex_;
  std::deque<ThreadMetrics> threads_;
  std::vector<Source> sources_;
};

/// `process_*` of this process, from /proc.
void process_metrics(std::vector<Sample>& out);

}  // namespace spate
