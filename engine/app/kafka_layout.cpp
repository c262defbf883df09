// Checked before anything is read: a wrong topic would lose or reorder in silence.
#include "engine/app/kafka_layout.hpp"

#include <algorithm>
#include <charconv>

#include "engine/log/kafka_topics.hpp"

namespace spate {
namespace {

std::string setting(const KafkaTopicState& topic, const std::string& name) {
  const auto found = topic.settings.find(name);
  return found == topic.settings.end() ? "" : found->second.value;
}

/// Empty, or what is wrong with a topic that is there.
std::string fault_of(const KafkaTopicState& topic, LogSide side, std::size_t record_bytes_max,
                     std::size_t& message_bytes_max) {
  if (setting(topic, "cleanup.policy") != "delete")
    return "is compacted: records would vanish (cleanup.policy must be delete)";
  if (side == LogSide::commands && setting(topic, "message.timestamp.type") != "LogAppendTime")
    return "lets senders set the time (message.timestamp.type must be LogAppendTime)";
  if (side == LogSide::outcomes &&
      (setting(topic, "retention.ms") != "-1" || setting(topic, "retention.bytes") != "-1"))
    return "forgets outcomes (retention.ms and retention.bytes must be -1)";
  const std::string limit = setting(topic, "max.message.bytes");
  std::size_t bytes = 0;
  std::from_chars(limit.data(), limit.data() + limit.size(), bytes);
  if (bytes < record_bytes_max + kafka_record_overhead)
    return "takes records up to " + limit + " bytes only: the largest command or outcome has " +
           std::to_string(record_bytes_max) + " (processor.command_max, processor.outcome_max)";
  message_bytes_max = std::min(message_bytes_max, bytes);
  return "";
}

}  // namespace

Result<KafkaLayout> kafka_layout(const std::vector<std::string>& domains,
                                 const std::optional<KafkaIdentity>& identity,
                                 const std::vector<KafkaTopicState>& present,
                                 std::size_t record_bytes_max, const std::string& brokers) {
  const auto refuse = [&](const std::string& what) {
    return stop("kafka_topics", what + "; look with `spate topics plan --kafka " + brokers +
                                    "`, mend with `spate topics apply --kafka " + brokers + "`");
  };
  if (!identity) return refuse("the cluster holds no log yet");
  KafkaLayout layout;
  layout.message_bytes_max = ~std::size_t{0};
  std::vector<DomainPlace> places;
  for (const std::string& domain : domains) {
    const auto number = identity->domains.find(domain);
    if (number == identity->domains.end()) return refuse("the domain " + domain + " has no number");
    const KafkaTopicState* sides[2] = {};
    for (const LogSide side : {LogSide::commands, LogSide::outcomes}) {
      const std::string name = kafka_topic_name(domain, side);
      const KafkaTopicState* topic = topic_named(present, name);
      if (topic == nullptr) return refuse("there is no topic " + name);
      const std::string fault = fault_of(*topic, side, record_bytes_max, layout.message_bytes_max);
      if (!fault.empty()) return refuse("the topic " + name + " " + fault);
      sides[static_cast<std::size_t>(side)] = topic;
    }
    if (sides[0]->partitions != sides[1]->partitions)
      return refuse("commands of " + domain + " have " + std::to_string(sides[0]->partitions) +
                    " partitions, outcomes " + std::to_string(sides[1]->partitions));
    places.push_back({domain, number->second, static_cast<uint16_t>(sides[0]->partitions)});
  }
  std::sort(places.begin(), places.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  layout.topology = Topology(std::move(places));
  return layout;
}

}  // namespace spate
