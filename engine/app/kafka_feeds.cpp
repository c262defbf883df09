// A cluster made by an older version lacks topics: it is served all the same, and told.
#include "engine/app/kafka_feeds.hpp"

#include <algorithm>

#include "engine/app/config_units.hpp"
#include "engine/feeds/event_feed.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate {
namespace {

constexpr int64_t finish_ms_max = 2'000;
/// What a record's headers and the batch around it may add to its value.
constexpr std::size_t frame_bytes = 16 << 10;
constexpr std::size_t send_bytes_min = 4 << 20;

std::vector<std::string> domains_of(const AliasFeed& alias, const Catalog& catalog) {
  std::vector<std::string> known;
  for (const std::string& domain : alias.domains)
    if (catalog.find(domain) != nullptr) known.push_back(domain);
  return known;
}

/// Adds the topic if it is there; its place among the topics.
std::optional<std::size_t> add_topic(FeedPlan& plan, const std::vector<KafkaTopicState>& present,
                                     const std::string& name) {
  const KafkaTopicState* topic = topic_named(present, name);
  if (topic == nullptr) {
    plan.missing.push_back(name);
    return std::nullopt;
  }
  const auto limit = topic->settings.find("max.message.bytes");
  const auto bytes = limit == topic->settings.end() ? std::nullopt
                                                    : parse_whole(limit->second.value);
  plan.message_bytes_max = std::min<std::size_t>(plan.message_bytes_max, bytes.value_or(1 << 20));
  plan.topics.push_back({name, static_cast<uint16_t>(topic->partitions)});
  return plan.topics.size() - 1;
}

}  // namespace

std::vector<std::string> feed_topic_names(const TopicsFile& file, const Catalog& catalog) {
  std::vector<std::string> names{kafka_feeds_topic};
  for (const DomainPlan& domain : catalog.domains())
    names.push_back(kafka_dead_letter_topic(domain.name));
  for (const AliasFeed& alias : file.aliases)
    if (!domains_of(alias, catalog).empty()) names.push_back(alias.name);
  return names;
}

FeedPlan plan_feeds(const TopicsFile& file, const Catalog& catalog,
                    const std::vector<KafkaTopicState>& present, DeadLetters::ReadRaw read_raw) {
  FeedPlan plan;
  plan.message_bytes_max = ~std::size_t{0};
  if (topic_named(present, kafka_feeds_topic) == nullptr) {
    plan.missing = {kafka_feeds_topic};
    return plan;
  }
  std::vector<DeadLetters::Topic> letters;
  for (const DomainPlan& domain : catalog.domains())
    if (const auto topic = add_topic(plan, present, kafka_dead_letter_topic(domain.name)))
      letters.push_back({domain.name, *topic, plan.topics[*topic].partitions});
  if (!letters.empty())
    plan.feeds.push_back(std::make_unique<DeadLetters>(std::move(letters), std::move(read_raw)));
  const auto texts = std::make_shared<EventTexts>();  // rendered once for all aliases
  for (const AliasFeed& alias : file.aliases) {
    std::vector<std::string> domains = domains_of(alias, catalog);
    if (domains.empty()) continue;
    const auto topic = add_topic(plan, present, alias.name);
    if (!topic) continue;
    const std::size_t limit = plan.message_bytes_max;
    plan.feeds.push_back(std::make_unique<EventFeed>(alias.name, std::move(domains), *topic,
                                                     plan.topics[*topic].partitions,
                                                     limit - std::min(limit / 2, frame_bytes),
                                                     texts));
  }
  return plan;
}

Result<std::unique_ptr<KafkaFeeds>> KafkaFeeds::open(Parts parts, const TopicsFile& file) {
  const auto read_raw = [client = &parts.client](PartitionId partition, int64_t offset,
                                                 const auto& take) {
    return client->fetch({partition, LogSide::commands}, offset, 1,
                         [&](std::span<const KafkaRecord> records) {
                           for (const KafkaRecord& record : records) take(record);
                         });
  };
  FeedPlan plan = plan_feeds(file, parts.catalog, parts.present, read_raw);
  if (!plan.missing.empty()) {
    std::string names;
    for (const std::string& name : plan.missing) names += (names.empty() ? "" : ", ") + name;
    parts.tell("nothing is fed into topics that are not there: " + names +
               "; make them with `spate topics apply --kafka " + parts.config.kafka.brokers +
               "` and start again");
  }
  if (plan.feeds.empty()) return std::unique_ptr<KafkaFeeds>();
  std::unique_ptr<KafkaFeeds> made(new KafkaFeeds);
  KafkaRdFeedsOptions options;
  options.brokers = parts.config.kafka.brokers;
  options.properties = parts.config.kafka.properties;
  options.topics = std::move(plan.topics);
  options.notes_topic = kafka_feeds_topic;
  options.message_bytes_max = plan.message_bytes_max;
  options.send_bytes_max = std::max<std::size_t>(
      {send_bytes_min, parts.config.memory().log_queue_bytes / 16, 2 * plan.message_bytes_max});
  options.close_ms_max = parts.config.kafka.close_ms_max;
  options.tell = parts.tell;
  TRY(made->client_, KafkaRdFeeds::open(std::move(options)));
  OutcomeFeedsParts feeds;
  feeds.log = &parts.log;
  feeds.client = made->client_.get();
  feeds.clock = &parts.clock;
  feeds.catalog = &parts.catalog;
  feeds.owns = [log = &parts.log](PartitionId partition) { return log->owns(partition); };
  feeds.feeds = std::move(plan.feeds);
  feeds.tell = parts.tell;
  made->feeds_ = std::make_unique<OutcomeFeeds>(std::move(feeds));
  return made;
}

void KafkaFeeds::close() {
  feeds_->finish(finish_ms_max);
  client_->on_event(nullptr);
}

}  // namespace spate
