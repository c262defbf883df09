// YAML of settings: nested names become dotted ones; yaml-cpp's exceptions end here.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/app/config_kafka.hpp"
#include "engine/app/config_units.hpp"

namespace spate {
namespace {

using Environment = std::map<std::string, std::string>;

std::string place(const std::string& origin, const YAML::Mark& mark) {
  return origin + ":" + std::to_string(mark.line + 1);
}

/// `${VAR}` and `${VAR:default}`; a variable that is not set and has no default is a fault.
Result<std::string> fill_in(const std::string& text, const std::string& where,
                            const Environment& environment) {
  std::string filled;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find("${", at);
    filled += text.substr(at, open - at);
    if (open == std::string::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string::npos)
      return stop("config_invalid", where + ": '${' without '}'");
    const std::string inside = text.substr(open + 2, close - open - 2);
    const std::size_t colon = inside.find(':');
    const auto variable = environment.find(inside.substr(0, colon));
    if (variable != environment.end()) filled += variable->second;
    else if (colon != std::string::npos) filled += inside.substr(colon + 1);
    else
      return stop("config_invalid", where + ": the variable " + inside +
                                        " is not set; set it or write ${" + inside + ":default}");
    at = close + 1;
  }
  return filled;
}

/// A setting, or a group of them.
bool is_named(const std::string& path) {
  if (is_kafka_group(path)) return true;
  const std::span<const Setting> all = settings();
  return std::any_of(all.begin(), all.end(), [&](const Setting& setting) {
    return setting.name == path || setting.name.starts_with(path + ".");
  });
}

class Reader {
 public:
  Reader(const std::string& origin, const Environment& environment)
      : origin_(origin), environment_(environment) {}

  Result<void> read(const YAML::Node& node, const std::string& name) {
    const std::string where = place(origin_, node.Mark());
    if (node.IsScalar()) {
      if (!seen_.insert(name).second)
        return stop("config_invalid", where + ": " + name + " stands here for the second time");
      TRY(std::string value, fill_in(node.Scalar(), where, environment_));
      values_.push_back({name, std::move(value), node.Mark().line + 1});
      return {};
    }
    if (!node.IsMap())
      return stop("config_invalid", where + ": " + (name.empty() ? "the file" : name) +
                                        " must hold `name: value` lines");
    for (const auto& entry : node) {
      const std::string key = entry.first.Scalar();
      const std::string path = name.empty() ? key : name + "." + key;
      // Checked here, where the line is known: a group such as `http` is not a setting itself.
      const bool known =
          entry.second.IsScalar() ? find_setting(path).has_value() : is_named(path);
      if (!known)
        return stop("config_invalid", place(origin_, entry.first.Mark()) +
                                          ": there is no setting " + path + suggest_setting(path));
      TRY(read(entry.second, path));
    }
    return {};
  }

  std::vector<FileValue> values() && { return std::move(values_); }

 private:
  const std::string& origin_;
  const Environment& environment_;
  std::vector<FileValue> values_;
  std::set<std::string> seen_;
};

}  // namespace

Result<std::vector<FileValue>> read_config_file(const std::string& path,
                                                const Environment& environment) {
  std::ifstream file(path);
  if (!file)
    return stop("config_invalid", path + " cannot be read: check the path given to --config");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    const YAML::Node root = YAML::Load(text);
    Reader reader(path, environment);
    if (!root.IsNull()) TRY(reader.read(root, ""));
    return std::move(reader).values();
  } catch (const YAML::Exception& e) {
    return stop("config_invalid", place(path, e.mark) + ": not YAML: " + e.msg);
  }
}

}  // namespace spate
