// Topic handles of one client instance, by domain; each carries its domain as its opaque.
#pragma once
#include <vector>

#include "engine/base/ensure.hpp"
#include "engine/log/kafka_client.hpp"
#include "engine/log/kafka_rd_handles.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate {

class RdTopicHandles {
 public:
  RdTopicHandles() = default;
  RdTopicHandles(rd_kafka_t* instance, const std::vector<KafkaDomainTopics>& topics, LogSide side) {
    for (const KafkaDomainTopics& domain : topics) {
      rd_kafka_topic_conf_t* conf = rd_kafka_default_topic_conf_dup(instance);
      rd_kafka_topic_conf_set_opaque(conf, reinterpret_cast<void*>(uintptr_t{domain.domain}));
      rd_kafka_topic_t* handle = rd_kafka_topic_new(instance, domain.of(side).c_str(), conf);
      ENSURE(handle != nullptr);
      handles_.emplace_back(domain.domain, RdTopic(handle));
    }
  }

  /// Requires: the domain is one of the topics.
  rd_kafka_topic_t* of(PartitionId partition) const {
    for (const auto& [domain, handle] : handles_)
      if (domain == partition.domain) return handle.get();
    ensure_failed("the partition's domain has topics", __FILE__, __LINE__);
  }
  static uint16_t domain_of(const rd_kafka_topic_t* handle) {
    return static_cast<uint16_t>(reinterpret_cast<uintptr_t>(rd_kafka_topic_opaque(handle)));
  }

 private:
  std::vector<std::pair<uint16_t, RdTopic>> handles_;  // domains are few: a scan is fastest
};

}  // namespace spate
