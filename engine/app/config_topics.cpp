// Each entry is read from weakest to strongest: the environment's values, then the domain's own.
#include "engine/app/config_topics.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <set>

#include "engine/app/config.hpp"
#include "engine/app/config_units.hpp"
#include "engine/base/text.hpp"

namespace spate {
namespace {

constexpr std::string_view compressions[] = {"uncompressed", "producer", "lz4", "zstd", "gzip",
                                             "snappy"};

/// One line `name: value`; empty when taken, else what is wrong with the value.
struct TopicLine {
  std::string_view name;
  std::function<std::string(TopicSettings&, const std::string&)> write;
};

template <typename Number>
TopicLine whole(std::string_view name, Number TopicSettings::* field, uint64_t max) {
  return {name, [field, max](TopicSettings& settings, const std::string& text) -> std::string {
            const std::optional<uint64_t> value = parse_whole(text);
            if (!value || *value < 1 || *value > max) return "must be 1.." + std::to_string(max);
            settings.*field = static_cast<Number>(*value);
            return {};
          }};
}

TopicLine duration(std::string_view name, int64_t TopicSettings::* field) {
  return {name, [field](TopicSettings& settings, const std::string& text) -> std::string {
            const std::optional<int64_t> value = parse_ms(text);
            if (text != "forever" && (!value || *value < 1))
              return "must be a time such as 168h, or forever";
            settings.*field = text == "forever" ? -1 : *value;
            return {};
          }};
}

std::string take_compression(TopicSettings& settings, const std::string& text) {
  if (std::ranges::find(compressions, text) == std::end(compressions))
    return "must be uncompressed, producer, lz4, zstd, gzip or snappy";
  settings.compression = text;
  return {};
}

std::string take_message_bytes(TopicSettings& settings, const std::string& text) {
  const std::optional<uint64_t> value = parse_bytes(text);
  if (!value || *value < 1024 || *value > (uint64_t{1} << 30)) return "must be 1KiB..1GiB";
  settings.message_bytes_max = *value;
  return {};
}

std::string refuse_outcome_retention(TopicSettings&, const std::string& text) {
  if (text == "forever") return {};
  return "must be forever: every state, view and answer is folded from the outcomes";
}

const std::vector<TopicLine>& topic_lines() {
  static const std::vector<TopicLine> lines = {
      whole("partitions", &TopicSettings::partitions, 1024),
      whole("replication", &TopicSettings::replication, 100),
      whole("min_insync_replicas", &TopicSettings::min_insync_replicas, 100),
      {"compression", take_compression},
      {"message_bytes_max", take_message_bytes},
      duration("command_retention", &TopicSettings::command_retention_ms),
      {"outcome_retention", refuse_outcome_retention},
      duration("dead_letter_retention", &TopicSettings::dead_letter_retention_ms),
      duration("alias_retention", &TopicSettings::alias_retention_ms)};
  return lines;
}

/// Empty, or what a broker would refuse or what could lose acknowledged commands.
std::string fault_of(const std::string& environment, const TopicSettings& s) {
  if (s.min_insync_replicas > s.replication)
    return "min_insync_replicas " + std::to_string(s.min_insync_replicas) + " > replication " +
           std::to_string(s.replication) + ": nothing could be written";
  if (s.replication > 1 && s.min_insync_replicas == s.replication)
    return "min_insync_replicas = replication: one broker down would stop all writing";
  if (environment == "prod" && (s.replication < 3 || s.min_insync_replicas < 2))
    return "prod needs replication ≥ 3 and min_insync_replicas ≥ 2: with fewer the loss of one "
           "broker loses acknowledged commands";
  return {};
}

class TopicsReader {
 public:
  explicit TopicsReader(const std::string& origin) : origin_(origin) {}

  Result<TopicsFile> read(const YAML::Node& root) {
    if (!root.IsMap() || !root["domains"].IsMap())
      return stop("config_invalid", origin_ + " needs `domains:` with an entry for each domain");
    TRY(only(root, {"domains", "environments", "aliases"}, "section"));
    for (const auto& entry : root["domains"])
      TRY(read_domain(entry.second, entry.first.Scalar()));
    if (const YAML::Node environments = root["environments"]) {
      TRY(map(environments, "environments"));
      for (const auto& entry : environments)
        TRY(read_environment(root["domains"], entry.second, entry.first.Scalar()));
    }
    TRY(no_override_elsewhere(root["domains"]));
    if (const YAML::Node aliases = root["aliases"]) {
      TRY(map(aliases, "aliases"));
      for (const auto& entry : aliases) TRY(read_alias(entry.second, entry.first.Scalar()));
    }
    return std::move(file_);
  }

 private:
  std::string where(const YAML::Node& node) const {
    return origin_ + ":" + std::to_string(node.Mark().line + 1);
  }
  Result<void> fault(const YAML::Node& node, const std::string& what) const {
    return stop("config_invalid", where(node) + ": " + what);
  }
  Result<void> map(const YAML::Node& node, const std::string& name) const {
    if (node.IsMap()) return {};
    return fault(node, name + " must hold `name: value` lines");
  }
  /// Faults: an entry that is none of `names`, or the same twice.
  Result<void> only(const YAML::Node& node, const std::vector<std::string_view>& names,
                    std::string_view what) const {
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string name = entry.first.Scalar();
      NearestName nearest(name);
      for (const std::string_view known : names) nearest.offer(known);
      if (std::ranges::find(names, name) == names.end())
        return fault(entry.first,
                     "there is no " + std::string(what) + " " + name + nearest.hint());
      if (!seen.insert(name).second)
        return fault(entry.first, name + " stands here for the second time");
    }
    return {};
  }

  Result<void> read_domain(const YAML::Node& node, const std::string& domain) {
    const std::string name = "domain " + domain;
    if (!node.IsMap() || !node["partitions"] || !node["partitions"].IsScalar())
      return fault(node, name + " needs a line `partitions: 8`");
    TRY(only(node, {"partitions", "environments"}, "line"));
    TopicSettings settings;
    TRY(take(settings, node["partitions"], "partitions", name));
    file_.partitions[domain] = settings.partitions;
    return {};
  }

  Result<void> take(TopicSettings& settings, const YAML::Node& value, const std::string& line,
                    const std::string& name) {
    if (!value.IsScalar()) return fault(value, name + ": " + line + " needs one value");
    const auto found = std::ranges::find(topic_lines(), line, &TopicLine::name);
    const std::string wrong = found->write(settings, value.Scalar());
    return wrong.empty() ? Result<void>{} : fault(value, name + ": " + line + " " + wrong);
  }

  Result<void> take_lines(TopicSettings& settings, const YAML::Node& node,
                          const std::string& name) {
    TRY(map(node, name));
    std::vector<std::string_view> names;
    for (const TopicLine& line : topic_lines()) names.push_back(line.name);
    TRY(only(node, names, "line"));
    for (const auto& entry : node) TRY(take(settings, entry.second, entry.first.Scalar(), name));
    return {};
  }

  Result<void> read_environment(const YAML::Node& domains, const YAML::Node& node,
                                const std::string& environment) {
    TopicSettings common;
    const std::string name = "environment " + environment;
    TRY(take_lines(common, node, name));
    for (const TopicLine& line : topic_lines())
      if (!node[std::string(line.name)])
        return fault(node, name + " needs a line `" + std::string(line.name) + ": …`");
    TRY(check(common, node, environment, name));
    for (const auto& [domain, partitions] : file_.partitions) {
      TopicSettings settings = common;
      const YAML::Node own = domains[domain]["environments"];
      if (own && own.IsMap() && own[environment]) {
        const std::string override_name = "domain " + domain + ", " + environment;
        TRY(take_lines(settings, own[environment], override_name));
        TRY(check(settings, own[environment], environment, override_name));
      }
      file_.environments[environment][domain] = settings;
    }
    return {};
  }

  Result<void> check(const TopicSettings& settings, const YAML::Node& node,
                     const std::string& environment, const std::string& name) const {
    const std::string wrong = fault_of(environment, settings);
    return wrong.empty() ? Result<void>{} : fault(node, name + ": " + wrong);
  }

  /// A domain's override for an environment that the file does not have would never be read.
  Result<void> no_override_elsewhere(const YAML::Node& domains) const {
    std::vector<std::string_view> known;
    for (const auto& [environment, settings] : file_.environments) known.push_back(environment);
    for (const auto& entry : domains) {
      const YAML::Node own = entry.second["environments"];
      if (!own) continue;
      TRY(map(own, "environments of domain " + entry.first.Scalar()));
      TRY(only(own, known, "environment"));
    }
    return {};
  }

  Result<void> read_alias(const YAML::Node& node, const std::string& alias) {
    const std::string name = "alias " + alias;
    if (!node.IsMap() || !node["domains"].IsSequence() || node["domains"].size() == 0)
      return fault(node, name + " needs `domains:` with a list of domains");
    TRY(only(node, {"domains"}, "line"));
    AliasFeed feed{alias, {}};
    for (const YAML::Node& domain : node["domains"]) {
      if (!domain.IsScalar() || !file_.partitions.contains(domain.Scalar()))
        return fault(domain, name + ": there is no domain " +
                                 (domain.IsScalar() ? domain.Scalar() : ""));
      if (std::ranges::find(feed.domains, domain.Scalar()) != feed.domains.end())
        return fault(domain, name + ": " + domain.Scalar() + " stands here for the second time");
      feed.domains.push_back(domain.Scalar());
    }
    file_.aliases.push_back(std::move(feed));
    return {};
  }

  const std::string& origin_;
  TopicsFile file_;
};

}  // namespace

const TopicSettings* TopicsFile::find(std::string_view environment, std::string_view domain) const {
  if (environment == "development") environment = "dev";
  if (environment == "production") environment = "prod";
  const auto found = environments.find(std::string(environment));
  if (found == environments.end()) return nullptr;
  const auto settings = found->second.find(std::string(domain));
  return settings == found->second.end() ? nullptr : &settings->second;
}

Result<TopicsFile> parse_topics_file(const std::string& text, const std::string& origin) {
  try {
    return TopicsReader(origin).read(YAML::Load(text));
  } catch (const YAML::Exception& e) {
    return stop("config_invalid",
                origin + ":" + std::to_string(e.mark.line + 1) + ": not YAML: " + e.msg);
  }
}

Result<std::map<std::string, uint32_t>> parse_topics(const std::string& text,
                                                     const std::string& origin) {
  TRY(TopicsFile file, parse_topics_file(text, origin));
  return std::move(file.partitions);
}

}  // namespace spate
