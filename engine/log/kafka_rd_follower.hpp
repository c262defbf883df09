// KafkaRdFollower: reads the followed places of one side, each through a queue of its own.
#pragma once
#include <atomic>
#include <mutex>

#include "engine/log/kafka_rd_asker.hpp"
#include "engine/log/kafka_rd_batch.hpp"
#include "engine/log/kafka_rd_properties.hpp"

namespace spate {

/// Every place is fetched into its own queue from an offset given at its start: no group, no seek,
/// no pause. Held = its queue is not read; librdkafka stops fetching when the queue is full.
/// One thread.
class KafkaRdFollower {
 public:
  struct Limits {
    std::size_t place_bytes_max = 8 << 20;  ///< fetched ahead of what was handed over
    std::size_t batch_records_max = 1000;
  };
  KafkaRdFollower(RdClient instance, LogSide side, const std::vector<KafkaDomainTopics>& topics,
                  Limits limits, RdCallbacks& callbacks, KafkaRdAsker& asker);
  ~KafkaRdFollower();

  /// What a follower's conf needs beside kafka_conf's.
  static KafkaPropertyList properties(LogSide side, const Limits& limits);

  void follow(PartitionId partition, int64_t from);
  void unfollow(PartitionId partition);
  void hold(PartitionId partition, bool held);
  /// Whether anything came.
  bool poll(KafkaSink& sink);
  /// Behind the last record handed over; -1: not followed.
  int64_t position(PartitionId partition) const;
  /// Any thread. Where the place ended when it was last fetched from; -1: not known.
  int64_t known_end(PartitionId partition) const;
  /// Lets librdkafka tell what it has to tell.
  void keep_house() { rd_kafka_poll(instance_.get(), 0); }
  /// What is followed is not there; its begin has been asked for.
  bool lost(PartitionId partition) const;
  /// Blocks; for the reaper. Nothing else is called afterwards.
  void close();

 private:
  struct Place {
    KafkaRdFollower* follower = nullptr;
    KafkaPlace place;
    RdQueue queue;
    int64_t next = -1;    ///< -1: not followed
    uint64_t starts = 0;  ///< what was fetched before the last one is of no interest
    bool held = false;
    bool lost = false;    ///< `next` is not there
    std::size_t bytes_since_empty = 0, records_since_empty = 0;
    std::atomic<bool> ready{false};
  };
  Place& place_of(PartitionId partition);
  void start(Place& place);
  void mark_ready(Place& place);
  bool poll(Place& place, KafkaSink& sink);
  void hand_over(Place& place, std::size_t taken, KafkaSink& sink);
  void hand_over_run(Place& place, std::size_t begin, std::size_t end, KafkaSink& sink);
  void take_error(Place& place, const rd_kafka_message_t& message, KafkaSink& sink);
  void after_empty(Place& place);

  RdClient instance_;  // ended last, by close()
  const LogSide side_;
  const Limits limits_;
  RdCallbacks& callbacks_;
  KafkaRdAsker& asker_;
  RdTopicHandles topics_;
  std::vector<std::pair<PartitionId, std::unique_ptr<Place>>> places_;  // sorted
  KafkaRdBatch batch_;
  std::mutex ready_mutex_;  // held for a push or a swap
  std::vector<Place*> ready_;
  std::vector<Place*> visited_;
};

}  // namespace spate
