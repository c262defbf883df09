// KafkaRdGroup: the consumer group that elects who should own what; it reads no records (G3).
#pragma once
#include <string>
#include <vector>

#include "engine/base/clock.hpp"
#include "engine/log/kafka_rd_properties.hpp"
#include "engine/log/kafka_rd_topic_handles.hpp"

namespace spate {

/// A member of the group, subscribed to all command topics. What the group assigns is told and then
/// assigned as an empty list, so that nothing is fetched: records come by KafkaRdFollower.
class KafkaRdGroup {
 public:
  KafkaRdGroup(RdClient instance, std::vector<KafkaDomainTopics> topics, const Clock& clock,
               RdCallbacks& callbacks);
  ~KafkaRdGroup();

  static KafkaPropertyList properties(const std::string& group, const std::string& instance);

  /// Joins. Faults: `kafka_client`.
  Result<void> join();
  /// Serves the group, tells the sink each finished assignment. True: something came.
  bool poll(KafkaSink& sink);
  /// Why the group does not know us any more; empty while it does. Only a new member can join then:
  /// another process took our name, or a coordinator came back that remembers an earlier bearer of
  /// it only.
  const std::string& fenced() const { return fenced_; }
  bool has_left() const { return left_; }
  /// Shows others how far we have read: offsets of the commands topics, committed without waiting.
  /// Nothing here relies on them.
  void commit(const std::vector<std::pair<PartitionId, int64_t>>& positions);
  /// Asks to be let go; what the group still assigns is told to nobody.
  void leave();
  const std::vector<PartitionId>& elected() const { return elected_; }
  /// Gives its place up and ends; blocks, for the reaper. Nothing else is called afterwards.
  void close();

 private:
  void take(rd_kafka_event_t* event, KafkaSink* sink);  // null: when left
  void take_rebalance(rd_kafka_event_t* event, KafkaSink* sink);
  void unsubscribe();
  const std::string* topic_of(PartitionId partition) const;

  RdClient instance_;  // ended last, by close()
  const std::vector<KafkaDomainTopics> topics_;
  const Clock& clock_;
  RdCallbacks& callbacks_;
  RdQueue events_;
  std::vector<PartitionId> elected_;
  std::string fenced_;
  bool left_ = false, unsubscribed_ = false;
  bool assigned_ = false;  // between a finished assignment and the next revoke
};

}  // namespace spate
