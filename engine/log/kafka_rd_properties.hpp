// Properties of librdkafka: what the protocol sets and guards, and what an operator passes through.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/log/kafka_rd_handles.hpp"

namespace spate {

using KafkaPropertyList = std::vector<std::pair<std::string, std::string>>;

/// Given by an operator: `kafka.common.*`, `kafka.consumer.*`, `kafka.producer.*` without prefix.
/// The latter two win over `common`.
struct KafkaProperties {
  KafkaPropertyList common, consumer, producer;
};

/// What a client instance is for.
enum class KafkaRole : uint8_t { session, commands, follower, fetcher, group, admin };

/// Empty when the property may be passed through (`kind` is common, consumer or producer), else
/// what is wrong with it and what to write instead: unknown names get the nearest one, those that
/// the protocol owns get the reason.
std::string kafka_property_fault(std::string_view kind, const std::string& name,
                                 const std::string& value);
/// All of them. Faults: `config_invalid`.
Result<void> check_kafka_properties(const KafkaProperties& properties);

/// The configuration of a new instance: ours, then the operator's, then what the protocol owns.
/// Requires: check_kafka_properties passed. Faults: `config_invalid`.
Result<RdConf> kafka_conf(KafkaRole role, const KafkaProperties& given,
                          const KafkaPropertyList& ours, RdCallbacks& callbacks);

/// A running instance. The conf is consumed. Faults: `kafka_client` (librdkafka says why).
Result<RdClient> kafka_instance(KafkaRole role, RdConf conf);

}  // namespace spate
