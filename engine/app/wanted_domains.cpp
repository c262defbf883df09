// Reading topics.yaml, the one built in unless another is named.
#include "engine/app/wanted_domains.hpp"

#include <fstream>
#include <sstream>

namespace spate {

namespace {

/// The text and what to call it.
Result<std::pair<std::string, std::string>> topics_of(const Config& config) {
  if (config.topics.empty())
    return std::pair(std::string(topics_text()), std::string("the built-in topics.yaml"));
  std::ifstream file(config.topics);
  if (!file) return stop("config_invalid", config.topics + ": cannot be read; check the path");
  std::ostringstream content;
  content << file.rdbuf();
  return std::pair(content.str(), config.topics);
}

}  // namespace

Result<TopicsFile> topics_file(const Config& config) {
  TRY(const auto read, topics_of(config));
  return parse_topics_file(read.first, read.second);
}

Result<std::vector<WantedDomain>> wanted_domains(const Config& config, const Catalog& catalog) {
  TRY(const TopicsFile file, topics_file(config));
  const auto& partitions = file.partitions;
  std::vector<WantedDomain> wanted;
  for (const DomainPlan& plan : catalog.domains()) {
    const auto found = partitions.find(plan.name);
    const bool is_default = config.partitions == 0;  // topics.yaml speaks of new directories alone
    uint32_t count = found == partitions.end() ? 8 : found->second;
    if (!is_default) count = config.partitions;
    wanted.push_back({plan.name, static_cast<uint16_t>(count), is_default});
  }
  return wanted;
}

}  // namespace spate
