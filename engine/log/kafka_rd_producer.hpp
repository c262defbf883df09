// KafkaRdProducer: one idempotent producer; sends from any thread, reports to the polling one.
#pragma once
#include <atomic>
#include <mutex>

#include "engine/log/kafka_rd_properties.hpp"
#include "engine/log/kafka_rd_topic_handles.hpp"
#include "engine/log/kafka_rd_under_way.hpp"

namespace spate {

class KafkaRdProducer {
 public:
  using Sent = KafkaClient::Sent;

  /// `session` 0: of commands. Does not wait for a broker. Faults: `kafka_client`,
  /// `config_invalid`.
  static Result<std::unique_ptr<KafkaRdProducer>> open(uint64_t session, RdConf conf,
                                                       const std::vector<KafkaDomainTopics>& topics,
                                                       RdCallbacks& callbacks);
  KafkaRdProducer(RdClient instance, uint64_t session,
                  const std::vector<KafkaDomainTopics>& topics, RdCallbacks& callbacks);

  uint64_t session() const { return session_; }
  rd_kafka_t* instance() const { return instance_.get(); }

  /// Any thread.
  Sent send(PartitionId partition, uint64_t token, Bytes key, Bytes value,
            std::span<const KafkaHeader> headers);
  /// Any thread. How many were taken, from the first on, which has `token`; fewer than all: full.
  std::size_t send(PartitionId partition, uint64_t token, std::span<const KafkaOutcome> outcomes);
  /// Any thread. `KafkaClient::room`.
  KafkaRoom room(PartitionId partition) const { return under_way_.room(partition); }
  /// Hands over reports that have come, at most about `most`; how many. The polling thread.
  std::size_t poll(KafkaSink& sink, std::size_t most);
  /// Any thread. It takes no more records: open another.
  bool broken() const { return broken_.load(std::memory_order_relaxed); }
  /// Every record that it took is reported.
  bool settled() const;
  /// Reports what is still on its way as failed, soon.
  void give_up();
  /// Blocks; for the reaper. Nothing else is called afterwards.
  void close();

 private:
  Sent refuse(PartitionId partition, uint64_t token, rd_kafka_resp_err_t why);
  void report_all(KafkaSink& sink);
  static void fill(KafkaReport& report, const rd_kafka_message_t& message);
  void take_error(const rd_kafka_event_t& event);
  KafkaPlace place_of(PartitionId partition) const;
  static KafkaRole role_of(uint64_t session) {
    return session == 0 ? KafkaRole::commands : KafkaRole::session;
  }
  KafkaRole role() const { return role_of(session_); }

  RdClient instance_;  // ended last, by close()
  const uint64_t session_;
  RdCallbacks& callbacks_;
  RdTopicHandles topics_;
  KafkaRdUnderWay under_way_;
  RdQueue events_;
  std::vector<const rd_kafka_message_t*> told_;  // reports of one event; the polling thread
  std::atomic<bool> broken_{false};
  std::mutex refused_mutex_;  // held for a push or a swap
  std::vector<KafkaReport> refused_;
  std::atomic<bool> has_refused_{false};
};

}  // namespace spate
