// Any property goes through; what the protocol owns or the client does not know is refused at once.
#include "engine/app/config_kafka.hpp"

#include <algorithm>

namespace spate {
namespace {

struct Kind {
  std::string_view prefix;
  std::string_view variable;
  KafkaPropertyList KafkaProperties::*list;
};

constexpr std::string_view kafka_prefix = "kafka.";
constexpr Kind kinds[] = {
    {"common.", "SPATE_KAFKA_COMMON_", &KafkaProperties::common},
    {"consumer.", "SPATE_KAFKA_CONSUMER_", &KafkaProperties::consumer},
    {"producer.", "SPATE_KAFKA_PRODUCER_", &KafkaProperties::producer}};

std::string write(KafkaPropertyList& list, std::string_view kind, const std::string& name,
                  std::string_view value) {
  const std::string text(value);
  if (std::string fault = kafka_property_fault(kind, name, text); !fault.empty()) return fault;
  const auto given = std::find_if(list.begin(), list.end(),
                                  [&](const auto& property) { return property.first == name; });
  if (given == list.end()) list.emplace_back(name, text);
  else given->second = text;
  return "";
}

std::string shown(const KafkaPropertyList& list, const std::string& name) {
  for (const auto& [given, value] : list)
    if (given == name) return kafka_property_is_secret(name) ? "(secret)" : value;
  return "";
}

}  // namespace

std::optional<Setting> kafka_property_setting(std::string_view name) {
  if (!name.starts_with(kafka_prefix)) return std::nullopt;
  for (const Kind& kind : kinds) {
    const std::string_view rest = name.substr(kafka_prefix.size());
    if (!rest.starts_with(kind.prefix) || rest == kind.prefix) continue;
    const std::string property(rest.substr(kind.prefix.size()));
    const std::string_view kind_name = kind.prefix.substr(0, kind.prefix.size() - 1);
    const auto list = kind.list;
    return Setting{std::string(name), "passed through to the Kafka client",
                   [=](const Config& c) { return shown(c.kafka.properties.*list, property); },
                   [=](Config& c, std::string_view value) {
                     return write(c.kafka.properties.*list, kind_name, property, value);
                   }};
  }
  return std::nullopt;
}

/// Properties have dots in their names, and YAML may nest them: `producer: {linger: {ms: 3}}`.
bool is_kafka_group(std::string_view name) {
  if (!name.starts_with(kafka_prefix)) return false;
  const std::string below = std::string(name.substr(kafka_prefix.size())) + ".";
  return std::any_of(std::begin(kinds), std::end(kinds),
                     [&](const Kind& kind) { return below.starts_with(kind.prefix); });
}

std::vector<Setting> kafka_property_settings(const Config& config) {
  std::vector<Setting> given;
  for (const Kind& kind : kinds)
    for (const auto& [name, value] : config.kafka.properties.*kind.list)
      given.push_back(
          *kafka_property_setting(std::string(kafka_prefix) + std::string(kind.prefix) + name));
  return given;
}

std::string kafka_property_of_variable(std::string_view variable) {
  constexpr std::string_view from_file = "_FILE";
  for (const Kind& kind : kinds) {
    if (!variable.starts_with(kind.variable)) continue;
    std::string name(variable.substr(kind.variable.size()));
    if (name.ends_with(from_file)) name.resize(name.size() - from_file.size());
    std::replace(name.begin(), name.end(), '_', '.');
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return std::string(kafka_prefix) + std::string(kind.prefix) + name;
  }
  return "";
}

}  // namespace spate
