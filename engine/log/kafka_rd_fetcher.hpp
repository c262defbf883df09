// KafkaRdFetcher: reads records back by offset, through one instance: a reader a partition.
#pragma once
#include <atomic>
#include <map>
#include <mutex>

#include "engine/base/clock.hpp"
#include "engine/log/kafka_rd_batch.hpp"
#include "engine/log/kafka_rd_properties.hpp"
#include "engine/log/kafka_rd_topic_handles.hpp"

namespace spate {

class KafkaRdFetcher {
 public:
  using Take = std::function<void(std::span<const KafkaRecord>)>;

  struct Limits {
    int64_t fetch_ms_max = 1'000;
    std::size_t ahead_bytes_max = 2 << 20;  ///< fetched ahead of a reader
  };
  KafkaRdFetcher(RdClient instance, LogSide side, const std::vector<KafkaDomainTopics>& topics,
                 Limits limits, const Clock& clock);
  ~KafkaRdFetcher();
  static KafkaPropertyList properties(LogSide side, const Limits& limits);
  rd_kafka_t* instance() const { return instance_.get(); }

  /// As KafkaClient::fetch. Readers of one partition take turns. After one that was in vain the
  /// next ones do not wait as long: the threads of an edge read, which have others to serve.
  Result<void> fetch(PartitionId partition, int64_t from, std::size_t bytes_max, const Take& take);
  /// Any thread. Where the partition's reader stands, and when it was used last; -1: nowhere.
  struct Stand {
    int64_t next = -1, used_at_ns = -1;
  };
  Stand stand(PartitionId partition) const;
  /// Any thread. When it was made or any of its readers was used last.
  int64_t used_at_ns() const { return used_at_ns_.load(std::memory_order_relaxed); }
  /// Ends readers that nobody used for a while. Never waits for one in use. Any thread.
  void tidy();
  /// Lets librdkafka tell what it has to tell.
  void keep_house() { rd_kafka_poll(instance_.get(), 0); }
  /// Blocks; for the reaper. Nothing else is called afterwards.
  void close();

 private:
  struct Reader {
    explicit Reader(std::size_t records_max) : batch(records_max) {}
    std::mutex mutex;
    RdQueue queue;
    KafkaRdBatch batch;
    std::size_t used = 0;  ///< of the batch
    std::atomic<int64_t> next{-1};  ///< -1: not started
    std::atomic<int64_t> used_at_ns{0};
    int64_t hasty_until_ns = 0;  ///< after a fetch in vain
    std::size_t bytes_since_empty = 0;
  };
  using ReaderPtr = std::shared_ptr<Reader>;
  ReaderPtr reader_of(PartitionId partition);
  void start(Reader& reader, PartitionId partition, int64_t from);
  void stop(Reader& reader, PartitionId partition);
  Result<void> fill(Reader& reader, PartitionId partition, int64_t from);
  void wake_if_it_was_full(Reader& reader, PartitionId partition);
  std::string name(PartitionId partition, int64_t from) const;

  RdClient instance_;  // ended last, by close()
  const LogSide side_;
  const Limits limits_;
  const Clock& clock_;
  RdTopicHandles topics_;
  std::atomic<int64_t> used_at_ns_;
  mutable std::mutex readers_mutex_;  // held for a look-up
  std::map<PartitionId, ReaderPtr> readers_;
};

}  // namespace spate
