// Properties of the Kafka client as settings: `kafka.common.*`, `kafka.consumer.*`, …
#pragma once
#include <optional>

#include "engine/app/config_settings.hpp"

namespace spate {

/// None when the name begins with none of the three prefixes. Whether the client has such a
/// property is judged when it is written.
std::optional<Setting> kafka_property_setting(std::string_view name);

/// Whether settings of such properties may lie below that name: `kafka.producer`.
bool is_kafka_group(std::string_view name);

}  // namespace spate
