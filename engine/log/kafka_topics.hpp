// KafkaTopics: which two topics hold the logs of a domain, and how many partitions they have.
#pragma once
#include <string>
#include <vector>

#include "engine/base/topology.hpp"
#include "engine/log/record_batch.hpp"

namespace spate {

/// `spate.<domain>.commands.v1`, `spate.<domain>.outcomes.v1`.
inline std::string kafka_topic_name(std::string_view domain, LogSide side) {
  const char* kind = side == LogSide::commands ? ".commands.v1" : ".outcomes.v1";
  return "spate." + std::string(domain) + kind;
}

/// The compacted topic that says which log this is and who owns what.
inline constexpr const char* kafka_ownership_topic = "spate.ownership.v1";

/// `spate.<domain>.dlq.v1`: its refused commands.
inline std::string kafka_dead_letter_topic(std::string_view domain) {
  return "spate." + std::string(domain) + ".dlq.v1";
}

/// The compacted topic that says how far dead letters and feeds have come.
inline constexpr const char* kafka_feeds_topic = "spate.feeds.v1";

struct KafkaDomainTopics {
  uint16_t domain = 0;  ///< PartitionId::domain
  std::string commands, outcomes;
  uint16_t partitions = 0;

  const std::string& of(LogSide side) const {
    return side == LogSide::commands ? commands : outcomes;
  }
};

inline std::vector<KafkaDomainTopics> kafka_topics_of(const Topology& topology) {
  std::vector<KafkaDomainTopics> topics;
  for (const DomainPlace& d : topology.domains())
    topics.push_back({d.number, kafka_topic_name(d.name, LogSide::commands),
                      kafka_topic_name(d.name, LogSide::outcomes), d.partitions});
  return topics;
}

}  // namespace spate
