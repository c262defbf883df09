// KafkaTopicState: a topic as a cluster has it, or as it is to be made.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace spate {

/// A setting of a topic and whether somebody gave it to this topic.
struct KafkaTopicSetting {
  std::string value;
  bool own = false;
};

/// Of one that is to be made, all settings are own.
struct KafkaTopicState {
  std::string name;
  uint32_t partitions = 0;
  uint32_t replication = 0;
  std::map<std::string, KafkaTopicSetting> settings;
};

/// Null: it is not among them.
inline const KafkaTopicState* topic_named(const std::vector<KafkaTopicState>& topics,
                                          std::string_view name) {
  for (const KafkaTopicState& topic : topics)
    if (topic.name == name) return &topic;
  return nullptr;
}

}  // namespace spate
