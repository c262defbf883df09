// Reading topics.yaml, the one built in unless another is named.
#include "engine/app/wanted_domains.hpp"

#include <fstream>
#include <sstream>

namespace spate {

Result<std::vector<WantedDomain>> wanted_domains(const Config& config, const Catalog& catalog) {
  std::string text(topics_text());
  std::string origin = "the built-in topics.yaml";
  if (!config.topics.empty()) {
    std::ifstream file(config.topics);
    if (!file) return stop("config_invalid", config.topics + ": cannot be read; check the path");
    std::ostringstream content;
    content << file.rdbuf();
    text = content.str();
    origin = config.topics;
  }
  TRY(const auto partitions, parse_topics(text, origin));
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
