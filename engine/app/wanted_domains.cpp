// Reading topics.yaml, the one built in unless another is named.
#include "engine/app/wanted_domains.hpp"

#include <fstream>
#include <sstream>

#include "engine/base/text.hpp"

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

/// A misspelt one would leave the domain that was meant at the default, and that is for ever.
Result<void> known_domain(const std::string& name, const Config& config, const Catalog& catalog) {
  if (catalog.find(name) != nullptr) return {};
  NearestName nearest(name);
  std::string all;
  for (const DomainPlan& plan : catalog.domains()) {
    nearest.offer(plan.name);
    all += (all.empty() ? "" : ", ") + plan.name;
  }
  return stop("config_invalid",
              (config.topics.empty() ? std::string("the built-in topics.yaml") : config.topics) +
                  ": there is no domain " + name + nearest.hint() + "; there are: " + all);
}

}  // namespace

Result<TopicsFile> topics_file(const Config& config) {
  TRY(const auto read, topics_of(config));
  return parse_topics_file(read.first, read.second);
}

Result<std::vector<WantedDomain>> wanted_domains(const Config& config, const Catalog& catalog) {
  TRY(const TopicsFile file, topics_file(config));
  const auto& partitions = file.partitions;
  for (const auto& [name, _] : partitions) TRY(known_domain(name, config, catalog));
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
