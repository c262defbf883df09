// KafkaRdFetchers: whoever reads a topic on from somewhere has a reader that nobody else moves.
#pragma once
#include "engine/log/kafka_rd_fetcher.hpp"

namespace spate {

/// Rows, views and feeds of one partition are folded at places of their own, and an instance of
/// librdkafka reads a partition at one place only: readers that share one throw away, with every
/// fetch, what was fetched for the other. So there are as many instances as read a partition at
/// once, up to a limit, made when they are needed; look-ups of single records have the first.
class KafkaRdFetchers {
 public:
  static constexpr std::size_t streams_max = 3;
  static constexpr std::size_t look_up_bytes_max = 4 << 10;
  using Make = std::function<Result<RdClient>()>;

  /// `make`: a further instance; any thread.
  KafkaRdFetchers(RdClient first, Make make, LogSide side, std::vector<KafkaDomainTopics> topics,
                  KafkaRdFetcher::Limits limits, const Clock& clock);

  /// For questions; nobody reads on through it.
  rd_kafka_t* instance() const { return look_ups_->instance(); }
  /// As KafkaRdFetcher::fetch. Any thread.
  Result<void> fetch(PartitionId partition, int64_t from, std::size_t bytes_max,
                     const KafkaRdFetcher::Take& take);
  /// Any thread. How many instances there are.
  std::size_t instances() const;
  void tidy();
  void keep_house();
  /// Blocks; for the reaper. Nothing else is called afterwards.
  void close();

 private:
  KafkaRdFetcher& stream_at(PartitionId partition, int64_t from);
  KafkaRdFetcher* make_another();

  const Make make_;
  const LogSide side_;
  const std::vector<KafkaDomainTopics> topics_;
  const KafkaRdFetcher::Limits limits_;
  const Clock& clock_;
  const std::unique_ptr<KafkaRdFetcher> look_ups_;
  mutable std::mutex mutex_;  // held for choosing and for making one
  std::vector<std::unique_ptr<KafkaRdFetcher>> streams_;
};

}  // namespace spate
