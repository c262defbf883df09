// Properties of the Kafka client that an operator passes through, and what is wrong with them.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"

namespace spate {

using KafkaPropertyList = std::vector<std::pair<std::string, std::string>>;

/// Given by an operator: `kafka.common.*`, `kafka.consumer.*`, `kafka.producer.*` without prefix.
/// The latter two win over `common`.
struct KafkaProperties {
  KafkaPropertyList common, consumer, producer;
};

/// Empty when the property may be passed through (`kind` is common, consumer or producer), else
/// what is wrong with it and what to write instead: unknown names get the nearest one, those that
/// the protocol owns get the reason.
std::string kafka_property_fault(std::string_view kind, const std::string& name,
                                 const std::string& value);
/// All of them. Faults: `config_invalid`.
Result<void> check_kafka_properties(const KafkaProperties& properties);
/// Whether its value must never be shown: passwords, keys.
bool kafka_property_is_secret(std::string_view name);

}  // namespace spate
