// topics.yaml: partitions of each domain, how its topics are kept in each environment, alias feeds.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace spate {

/// How the topics of one domain are kept in one environment.
struct TopicSettings {
  uint32_t partitions = 0;           ///< of commands and of outcomes alike; never changed later
  uint32_t replication = 0;
  uint32_t min_insync_replicas = 0;
  std::string compression;           ///< a value of Kafka's compression.type
  uint64_t message_bytes_max = 0;    ///< a command or outcome record (G6)
  int64_t command_retention_ms = 0;
  int64_t dead_letter_retention_ms = 0;
  int64_t alias_retention_ms = 0;
  bool operator==(const TopicSettings&) const = default;
};

/// A read-only feed of accepted outcomes under a name that other systems know.
struct AliasFeed {
  std::string name;
  std::vector<std::string> domains;
};

struct TopicsFile {
  std::map<std::string, uint32_t> partitions;  ///< of a new data directory, by domain
  /// By environment, then domain. Outcome topics have no retention: they are kept for ever.
  std::map<std::string, std::map<std::string, TopicSettings>> environments;
  std::vector<AliasFeed> aliases;

  /// None when the file says nothing of that environment or domain. `development` and `production`
  /// are dev and prod.
  const TopicSettings* find(std::string_view environment, std::string_view domain) const;
};

/// Faults: `config_invalid`, with the line, for unknown names, for what a broker would refuse, and
/// for what would lose data: an outcome retention, or fewer than three replicas in prod.
Result<TopicsFile> parse_topics_file(const std::string& text, const std::string& origin);

}  // namespace spate
