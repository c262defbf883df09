// What may be changed in place is changed; what a stream's order or its data hang on is refused.
#include "engine/app/topics_plan.hpp"

#include <algorithm>

#include "engine/app/config_units.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate {
namespace {

constexpr uint32_t replication_prod_min = 3;

void set(KafkaTopicState& topic, const std::string& name, const std::string& value) {
  topic.settings[name] = {value, true};
}

/// What every topic of a domain has.
KafkaTopicState topic_of(std::string name, const TopicSettings& settings, int64_t retention_ms) {
  KafkaTopicState topic{std::move(name), settings.partitions, settings.replication, {}};
  set(topic, "cleanup.policy", "delete");
  set(topic, "retention.ms", std::to_string(retention_ms));
  set(topic, "retention.bytes", "-1");
  set(topic, "min.insync.replicas", std::to_string(settings.min_insync_replicas));
  set(topic, "compression.type", settings.compression);
  set(topic, "max.message.bytes", std::to_string(settings.message_bytes_max));
  set(topic, "unclean.leader.election.enable", "false");
  return topic;
}

/// One small record a key, the last of each for ever.
KafkaTopicState compacted_topic(const char* name, const TopicSettings& like) {
  KafkaTopicState topic{name, 1, like.replication, {}};
  set(topic, "cleanup.policy", "compact");
  set(topic, "min.insync.replicas", std::to_string(like.min_insync_replicas));
  set(topic, "unclean.leader.election.enable", "false");
  return topic;
}

/// As many partitions as the largest of its domains, kept like the first.
KafkaTopicState alias_topic(const AliasFeed& feed, const TopicsFile& file,
                            const std::string& environment) {
  const TopicSettings& first = *file.find(environment, feed.domains.front());
  KafkaTopicState topic = topic_of(feed.name, first, first.alias_retention_ms);
  for (const std::string& domain : feed.domains)
    topic.partitions = std::max(topic.partitions, file.find(environment, domain)->partitions);
  return topic;
}

constexpr int64_t hour_ms = 3'600'000;

std::string in_words(const std::string& setting, const std::string& value) {
  if (setting != "retention.ms") return value;
  if (value == "-1") return "for ever";
  const std::optional<uint64_t> ms = parse_whole(value);
  if (!ms) return value;
  return *ms % hour_ms == 0 ? std::to_string(*ms / hour_ms) + "h"
                            : format_ms(static_cast<int64_t>(*ms));
}

std::string described(const KafkaTopicState& topic) {
  std::string line = "partitions " + std::to_string(topic.partitions) + ", replicas " +
                     std::to_string(topic.replication);
  for (const auto& [name, setting] : topic.settings)
    line += ", " + name + " " + in_words(name, setting.value);
  return line;
}

/// Reasons why the difference cannot be applied.
std::vector<std::string> refusals(const KafkaTopicState& wanted, const KafkaTopicState& present,
                                  const std::string& environment) {
  std::vector<std::string> reasons;
  if (wanted.partitions != present.partitions)
    reasons.push_back("has " + std::to_string(present.partitions) + " partitions, topics.yaml says " +
                      std::to_string(wanted.partitions) +
                      ": a stream's place follows from the count, so another one would break the "
                      "order of its commands; set the count in topics.yaml back");
  if (present.replication < wanted.replication)
    reasons.push_back("has " + std::to_string(present.replication) + " replicas, topics.yaml says " +
                      std::to_string(wanted.replication) +
                      ": move its partitions with kafka-reassign-partitions, then plan again");
  const bool is_prod = environment == "prod" || environment == "production";
  if (is_prod && present.replication < replication_prod_min)
    reasons.push_back("has " + std::to_string(present.replication) +
                      " replicas in prod: with fewer than 3 the loss of one broker loses "
                      "acknowledged commands");
  const auto policy = present.settings.find("cleanup.policy");
  const bool keeps_all = wanted.name.ends_with(".outcomes.v1");
  if (keeps_all && policy != present.settings.end() && policy->second.value != "delete")
    reasons.push_back("is compacted (cleanup.policy " + policy->second.value +
                      "): outcomes may be missing already; restore them into a new cluster");
  return reasons;
}

TopicStep step_for(const KafkaTopicState& wanted, const KafkaTopicState* present,
                   const std::string& environment) {
  TopicStep step{TopicStep::Kind::keep, wanted, {}, {}};
  if (present == nullptr) {
    step.kind = TopicStep::Kind::create;
    step.lines = {described(wanted)};
    return step;
  }
  step.lines = refusals(wanted, *present, environment);
  if (!step.lines.empty()) {
    step.kind = TopicStep::Kind::refuse;
    return step;
  }
  for (const auto& [name, setting] : wanted.settings) {
    const auto now = present->settings.find(name);
    const std::string value = now == present->settings.end() ? "unset" : now->second.value;
    if (value == setting.value) continue;
    step.kind = TopicStep::Kind::change;
    step.changes[name] = setting.value;
    step.lines.push_back(name + " " + in_words(name, value) + " → " +
                         in_words(name, setting.value));
  }
  return step;
}

}  // namespace

bool TopicsPlan::refused() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const auto& s) { return s.kind == TopicStep::Kind::refuse; });
}

bool TopicsPlan::done() const {
  return std::all_of(steps.begin(), steps.end(),
                     [](const auto& s) { return s.kind == TopicStep::Kind::keep; });
}

Result<std::vector<KafkaTopicState>> wanted_topics(const TopicsFile& file,
                                                   const std::string& environment) {
  std::vector<KafkaTopicState> topics;
  const TopicSettings* strictest = nullptr;
  for (const auto& [domain, partitions] : file.partitions) {
    const TopicSettings* settings = file.find(environment, domain);
    if (settings == nullptr)
      return stop("config_invalid", "topics.yaml says nothing of the environment " + environment +
                                        ": add it below `environments:`, or name another with "
                                        "--environment");
    KafkaTopicState commands = topic_of(kafka_topic_name(domain, LogSide::commands), *settings,
                                        settings->command_retention_ms);
    set(commands, "message.timestamp.type", "LogAppendTime");  // F1: senders must not set the time
    topics.push_back(std::move(commands));
    topics.push_back(topic_of(kafka_topic_name(domain, LogSide::outcomes), *settings, -1));
    topics.push_back(topic_of(kafka_dead_letter_topic(domain), *settings,
                              settings->dead_letter_retention_ms));
    if (strictest == nullptr || settings->replication > strictest->replication)
      strictest = settings;
  }
  for (const AliasFeed& feed : file.aliases) topics.push_back(alias_topic(feed, file, environment));
  if (strictest != nullptr)
    for (const char* name : {kafka_ownership_topic, kafka_feeds_topic})
      topics.push_back(compacted_topic(name, *strictest));
  return topics;
}

TopicsPlan plan_topics(const std::vector<KafkaTopicState>& wanted,
                       const std::vector<KafkaTopicState>& present,
                       const std::string& environment) {
  TopicsPlan plan;
  for (const KafkaTopicState& topic : wanted) {
    const auto found = std::find_if(present.begin(), present.end(),
                                    [&](const auto& t) { return t.name == topic.name; });
    plan.steps.push_back(step_for(topic, found == present.end() ? nullptr : &*found, environment));
  }
  return plan;
}

}  // namespace spate
