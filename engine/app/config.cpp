// Layers: defaults, then the file, then the environment, then flags; each value keeps its source.
#include "engine/app/config.hpp"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/app/config_settings.hpp"
#include "engine/app/config_units.hpp"
#include "engine/app/ring_sizes.hpp"
#include "engine/telemetry/json_log.hpp"

namespace spate {
namespace {

using Environment = std::map<std::string, std::string>;
using Sources = std::map<std::string, std::string>;

Result<void> take(Config& config, Sources& sources, std::string_view name, std::string_view value,
                  const std::string& source) {
  const std::optional<Setting> setting = find_setting(name);
  if (!setting)
    return stop("config_invalid", source + ": there is no setting " + std::string(name) +
                                      suggest_setting(name));
  const std::string fault = setting->write(config, value);
  const bool secret = kafka_property_is_secret(name);
  if (!fault.empty())
    return stop("config_invalid", source + ": " + setting->name + " = '" +
                                      (secret ? "(secret)" : std::string(value)) + "' " + fault);
  sources[setting->name] = source;
  return {};
}

Result<std::string> read_secret(const std::string& variable, const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file)
    return stop("config_invalid", variable + " names " + path + ", which cannot be read");
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

/// `NAME` itself, or the content of the file that `NAME_FILE` names.
Result<void> take_variable(Config& config, Sources& sources, const Environment& environment,
                           const std::string& variable, const std::string& setting) {
  const auto direct = environment.find(variable);
  const auto from_file = environment.find(variable + "_FILE");
  if (direct != environment.end() && from_file != environment.end())
    return stop("config_invalid", variable + " and " + variable + "_FILE are both set: keep one");
  if (direct != environment.end())
    TRY(take(config, sources, setting, direct->second, "environment " + variable));
  if (from_file == environment.end()) return {};
  TRY(const std::string value, read_secret(variable + "_FILE", from_file->second));
  return take(config, sources, setting, value, "environment " + variable + "_FILE");
}

Result<void> take_environment(Config& config, Sources& sources, const Environment& environment) {
  for (const Setting& setting : settings())
    TRY(take_variable(config, sources, environment, variable_of(setting.name), setting.name));
  std::set<std::string> properties;  // a variable and its _FILE are one
  for (const auto& [variable, value] : environment)
    if (std::string name = kafka_property_of_variable(variable); !name.empty())
      properties.insert(std::move(name));
  for (const std::string& name : properties)
    TRY(take_variable(config, sources, environment, variable_of(name), name));
  return {};
}

std::vector<std::string> unknown_variables(const Environment& environment) {
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("SPATE_") || name == "SPATE_SERVER" || name == "SPATE_CONFIG") continue;
    bool known = !kafka_property_of_variable(name).empty();
    std::string hint;
    for (const Setting& setting : settings()) {
      const std::string variable = variable_of(setting.name);
      known = known || name == variable || name == variable + "_FILE";
      if (name == "SPATE_" + variable) hint = "; it is called " + variable;
    }
    if (!known)
      warnings.push_back("the variable " + name + " names no setting and was ignored" + hint);
  }
  return warnings;
}

Result<void> require(bool holds, std::string_view relation) {
  if (holds) return {};
  return stop("config_invalid", "must hold: " + std::string(relation));
}

}  // namespace

Result<HostPort> parse_listen(std::string_view listen, std::string_view setting) {
  const std::size_t colon = listen.rfind(':');
  const auto bad = [&] {
    return stop("config_invalid", std::string(setting) + " = '" + std::string(listen) +
                                      "' must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080");
  };
  if (colon == std::string_view::npos) return bad();
  HostPort parsed;
  const std::string_view port = listen.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (error != std::errc() || end != port.data() + port.size()) return bad();
  std::string_view host = listen.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos) return bad();
  parsed.host = host.empty() ? "0.0.0.0" : std::string(host);
  return parsed;
}

namespace {

bool is_every_address(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

/// Other nodes dial what is advertised: it must name one host.
Result<void> validate_cluster(const Config::Cluster& cluster) {
  TRY(const HostPort listen, parse_listen(cluster.listen, "cluster.listen"));
  if (cluster.advertise.empty())
    return require(!is_every_address(listen.host),
                   "cluster.advertise is HOST:PORT when cluster.listen = '" + cluster.listen +
                       "' is every address of this machine");
  TRY(const HostPort advertise, parse_listen(cluster.advertise, "cluster.advertise"));
  return require(!is_every_address(advertise.host),
                 "cluster.advertise = '" + cluster.advertise +
                     "' names the host at which other nodes reach this one");
}

}  // namespace

Result<void> validate(const Config& c) {
  TRY(parse_listen(c.listen));
  TRY(validate_cluster(c.cluster));
  LogLevel level;
  TRY(require(from_text(c.log_level, level), "log_level is one of debug, info, warn, error"));
  TRY(require(c.memory_bytes >= memory_bytes_min,
              "memory ≥ " + format_bytes(memory_bytes_min)));
  TRY(require(c.partitions <= 1024, "partitions ≤ 1024"));
  TRY(require(c.threads.edge >= 1 && c.threads.edge <= 64, "1 ≤ threads.edge ≤ 64"));
  TRY(require(c.threads.processor >= 1 && c.threads.processor <= 64, "1 ≤ threads.processor ≤ 64"));
  TRY(require(c.threads.projector >= 1 && c.threads.projector <= 64, "1 ≤ threads.projector ≤ 64"));
  TRY(require(c.http.wait_ms_default <= c.http.wait_ms_max, "http.wait_default ≤ http.wait_max"));
  TRY(require(c.http.head_ms_max <= c.http.request_ms_max,
              "http.head_time_max ≤ http.request_time_max"));
  TRY(require(c.http.body_bytes_max <= c.http.batch_bytes_max, "http.body_max ≤ http.batch_max"));
  TRY(require(c.http.body_bytes_max <= c.processor.command_bytes_max,
              "http.body_max ≤ processor.command_max"));
  TRY(require(c.processor.batch_commands_max >= 1, "processor.batch_commands_max ≥ 1"));
  TRY(require(
      c.processor.command_bytes_max + c.processor.outcome_bytes_max <= c.log.group_bytes_max,
      "processor.command_max + processor.outcome_max ≤ log.group_max"));
  TRY(require(2 * c.log.group_bytes_max <= c.log.segment_bytes,
              "2 × log.group_max ≤ log.segment"));
  TRY(require(c.log.segment_bytes % 4096 == 0, "log.segment is a multiple of 4KiB"));
  TRY(require(c.log.group_bytes_max <= c.memory().log_queue_bytes,
              "log.group_max ≤ 4 % of memory"));
  const Config::Checkpoints& shipped = c.checkpoints;
  TRY(require(shipped.directory.empty() || !c.kafka.brokers.empty(),
              "checkpoints.directory goes with kafka.brokers: an embedded log has all in its data "
              "directory"));
  TRY(require(shipped.keep >= 1, "checkpoints.keep ≥ 1"));
  TRY(require(shipped.interval_ms >= 1'000, "checkpoints.interval ≥ 1s"));
  TRY(require(shipped.rate_bytes_max >= 1 << 20, "checkpoints.rate_max ≥ 1MiB"));
  TRY(require(c.scan.interval_ms == 0 || c.scan.interval_ms >= 1'000,
              "scan.interval ≥ 1s, or 0 for no scan but those asked for"));
  TRY(require(c.scan.rate_bytes_max >= 64 << 10, "scan.rate_max ≥ 64KiB"));
  TRY(require(c.shutdown.grace_ms <= c.shutdown.watchdog_ms,
              "shutdown.grace ≤ shutdown.watchdog"));
  TRY(require(ring_sizes(c).command_bytes_max >= command_bytes_min,
              "the queues between so many threads are too small for commands: raise --memory or "
              "lower threads.edge or threads.processor"));
  return {};
}

Result<LoadedConfig> load_config(const ConfigInputs& inputs) {
  LoadedConfig loaded;
  Sources sources;
  if (!inputs.file.empty()) {
    TRY(const std::vector<FileValue> values, read_config_file(inputs.file, inputs.environment));
    for (const FileValue& v : values)
      TRY(take(loaded.config, sources, v.name, v.value,
               inputs.file + ":" + std::to_string(v.line)));
  }
  TRY(take_environment(loaded.config, sources, inputs.environment));
  for (const auto& [name, value] : inputs.flags)
    TRY(take(loaded.config, sources, name, value, "flag --" + name));
  TRY(validate(loaded.config));
  loaded.warnings = unknown_variables(inputs.environment);
  const auto show = [&](const Setting& setting) {
    const auto source = sources.find(setting.name);
    loaded.shown.push_back({setting.name, setting.read(loaded.config),
                            source == sources.end() ? "default" : source->second, setting.about});
  };
  for (const Setting& setting : settings()) show(setting);
  for (const Setting& property : kafka_property_settings(loaded.config)) show(property);
  return loaded;
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace spate
