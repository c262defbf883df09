// KafkaRdAdmin: what a cluster holds (its id, topics, their settings), and changing it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/log/kafka_rd_properties.hpp"
#include "engine/log/kafka_rd_trouble.hpp"
#include "engine/log/kafka_topic_state.hpp"

namespace spate {

/// Every call blocks, `timeout_ms` at the longest. Faults: `kafka_unreachable` (retry), or
/// `kafka_refused` (stop) with the broker's reason.
class KafkaRdAdmin {
 public:
  /// Does not wait for a broker. Faults: `config_invalid`, `kafka_client`.
  static Result<std::unique_ptr<KafkaRdAdmin>> open(const std::string& brokers,
                                                    const KafkaProperties& properties,
                                                    int timeout_ms, KafkaTell tell);
  ~KafkaRdAdmin();

  Result<std::string> cluster_id();
  Result<std::size_t> brokers();
  /// Those of `names` that exist, with their settings.
  Result<std::vector<KafkaTopicState>> describe(const std::vector<std::string>& names);
  /// Back when every partition has a leader.
  Result<void> create(const KafkaTopicState& topic);
  /// Gives the topic these settings; its others stay as they are.
  Result<void> alter(const std::string& topic, const std::map<std::string, std::string>& settings);

  /// The value of the last record with that key in a topic of one partition; none if there is none.
  Result<std::optional<std::string>> last_of_key(const std::string& topic, const std::string& key);
  /// Appends a record; back when the in-sync replicas have it.
  Result<void> append(const std::string& topic, const std::string& key, const std::string& value);

 private:
  KafkaRdAdmin(const std::string& brokers, const KafkaProperties& properties, int timeout_ms,
               KafkaTell tell);
  Result<RdConf> conf(KafkaRole role, KafkaPropertyList ours);
  tl::unexpected<Fault> nobody_answers() const;
  using Fill = std::function<void(rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>;
  Result<RdEvent> ask(rd_kafka_admin_op_t operation, const Fill& fill);
  Result<void> await_leaders(const KafkaTopicState& made);
  Result<void> describe_settings(std::vector<KafkaTopicState>& topics);

  const std::string brokers_;
  const KafkaProperties properties_;
  const int timeout_ms_;
  KafkaRdTrouble trouble_;
  RdCallbacks callbacks_;
  RdClient instance_;
};

}  // namespace spate
