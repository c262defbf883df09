// KafkaFeeds: which feeds of topics.yaml a cluster has topics for, and the client to write them.
#pragma once
#include <memory>

#include "engine/app/config.hpp"
#include "engine/app/config_topics.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/feeds/dead_letters.hpp"
#include "engine/feeds/outcome_feeds.hpp"
#include "engine/log/kafka_log.hpp"
#include "engine/log/kafka_rd_feeds.hpp"
#include "engine/log/kafka_topic_state.hpp"

namespace spate {

/// Every topic that feeds may write to, and that of the notes: what to ask the cluster for.
std::vector<std::string> feed_topic_names(const TopicsFile& file, const Catalog& catalog);

/// What the feeds of this cluster are; those whose topics are not there are left out.
struct FeedPlan {
  std::vector<FeedTopic> topics;
  std::vector<std::unique_ptr<FeedRendering>> feeds;
  std::vector<std::string> missing;       ///< topics
  std::size_t message_bytes_max = 0;      ///< the smallest max.message.bytes
};
FeedPlan plan_feeds(const TopicsFile& file, const Catalog& catalog,
                    const std::vector<KafkaTopicState>& present, DeadLetters::ReadRaw read_raw);

/// The feeds of one node, with their client.
class KafkaFeeds {
 public:
  struct Parts {
    const Config& config;
    const Catalog& catalog;
    const Clock& clock;
    KafkaLog& log;
    KafkaClient& client;  ///< reads raw commands
    std::vector<KafkaTopicState> present;
    KafkaTell tell;
  };
  /// Null when there is nothing to feed; then it was told. Faults: `config_invalid`,
  /// `kafka_client`.
  static Result<std::unique_ptr<KafkaFeeds>> open(Parts parts, const TopicsFile& file);

  OutcomeFeeds& feeds() { return *feeds_; }
  const OutcomeFeeds& feeds() const { return *feeds_; }
  /// Any thread.
  std::vector<KafkaStatistics> statistics() const { return client_->statistics(); }
  /// The end, with what is under way waited for.
  void close();
  void on_event(Bell* bell) { client_->on_event(bell); }

 private:
  std::unique_ptr<KafkaRdFeeds> client_;
  std::unique_ptr<OutcomeFeeds> feeds_;
};

}  // namespace spate
