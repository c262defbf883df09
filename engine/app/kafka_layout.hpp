// KafkaLayout: whether a cluster's topics can hold this engine's log, and the topology they make.
#pragma once
#include <vector>

#include "engine/base/topology.hpp"
#include "engine/base/result.hpp"
#include "engine/log/kafka_identity.hpp"
#include "engine/log/kafka_topic_state.hpp"

namespace spate {

/// Largest record: what a batch on the wire adds to the command or outcome itself.
inline constexpr std::size_t kafka_record_overhead = 64 << 10;

struct KafkaLayout {
  Topology topology;
  std::size_t message_bytes_max = 0;  ///< the smallest max.message.bytes of all topics
};

/// Only what order, time and durability hang on is asked (F1, G2, G6); the rest is `topics check`.
/// Faults: `kafka_topics`, naming the topic, the reason and the command that mends it.
Result<KafkaLayout> kafka_layout(const std::vector<std::string>& domains,
                                 const std::optional<KafkaIdentity>& identity,
                                 const std::vector<KafkaTopicState>& present,
                                 std::size_t record_bytes_max, const std::string& brokers);

}  // namespace spate
