// KafkaRdFetchers: whoever reads a topic on from somewhere has a reader that nobody else moves.
#pragma once
#include "engine/log/kafka_rd_fetcher.hpp"

namespace spate {

/// Rows, views and feeds of one partition are folded at places of their own, and an instance of
/// librdkafka reads a partition at one place only: readers that share one throw away, with every
/// fetch, what was fetched for the other. So there are as many instances as read a partition at
/// once, up to a limit, made when they are needed and ended when nobody has used them for a while:
/// a fold that fell behind what is in memory needs one until it has caught up. Look-ups of single
/// records have the first.
class KafkaRdFetchers {
 public:
  static constexpr std::size_t streams_max = 3;
  static constexpr std::size_t look_up_bytes_max = 4 << 10;
  static constexpr int64_t unused_ns_max = 10'000'000'000;
  using Make = std::function<Result<RdClient>()>;
  using StreamPtr = std::shared_ptr<KafkaRdFetcher>;
  using End = std::function<void(StreamPtr)>;

  /// `make`: a further instance; any thread. `end`: closes one that nobody uses, somewhere where
  /// that may take long.
  KafkaRdFetchers(RdClient first, Make make, End end, LogSide side,
                  std::vector<KafkaDomainTopics> topics, KafkaRdFetcher::Limits limits,
                  const Clock& clock);

  /// For questions; nobody reads on through it.
  rd_kafka_t* instance() const { return look_ups_->instance(); }
  /// As KafkaRdFetcher::fetch. Any thread.
  Result<void> fetch(PartitionId partition, int64_t from, std::size_t bytes_max,
                     const KafkaRdFetcher::Take& take);
  /// Any thread. How many instances there are.
  std::size_t instances() const;
  /// Ends readers and instances that nobody uses any more. Any thread.
  void tidy();
  void keep_house();
  /// Blocks; for the reaper. Nothing else is called afterwards.
  void close();

 private:
  StreamPtr stream_at(PartitionId partition, int64_t from);
  StreamPtr make_another();

  const Make make_;
  const End end_;
  const LogSide side_;
  const std::vector<KafkaDomainTopics> topics_;
  const KafkaRdFetcher::Limits limits_;
  const Clock& clock_;
  const StreamPtr look_ups_;
  mutable std::mutex mutex_;  // held for choosing, making and ending one
  std::vector<StreamPtr> streams_;  // copied under the mutex alone, by who uses one
};

}  // namespace spate
