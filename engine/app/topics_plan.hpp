// TopicsPlan: what has to change in a cluster so that its topics are as topics.yaml wants them.
#pragma once
#include <string>
#include <vector>

#include "engine/app/config_topics.hpp"
#include "engine/log/kafka_topic_state.hpp"

namespace spate {

/// One topic and what is to be done about it.
struct TopicStep {
  enum class Kind : uint8_t { keep, create, change, refuse };
  Kind kind = Kind::keep;
  KafkaTopicState wanted;
  /// change: the settings that differ. refuse: the reasons. create: what it will be like.
  std::vector<std::string> lines;
  std::map<std::string, std::string> changes;  ///< change: setting and new value
};

struct TopicsPlan {
  std::vector<TopicStep> steps;  ///< in the order of `wanted_topics`

  bool refused() const;
  /// Nothing to do and nothing refused.
  bool done() const;
};

/// Every topic that the engine keeps in that environment: commands, outcomes and dead letters of
/// each domain, the alias feeds, and the topics that the nodes keep for themselves. Faults:
/// `config_invalid` when the file says nothing of that environment.
Result<std::vector<KafkaTopicState>> wanted_topics(const TopicsFile& file,
                                                   const std::string& environment);

/// Compares. Refused is what would break the order of a stream or could lose data.
TopicsPlan plan_topics(const std::vector<KafkaTopicState>& wanted,
                       const std::vector<KafkaTopicState>& present,
                       const std::string& environment);

}  // namespace spate
