// The brokers come from --kafka alone: a setting must not turn a look at a directory into another.
#include "engine/cli/log_flags.hpp"

#include <ostream>

namespace spate::cli {

std::vector<Option> LogFlags::options() {
  return {{"--data", &data_, "Directory of the stopped server"},
          {"--kafka", &kafka_, "Or HOST:PORT,… of the brokers; the servers may run"},
          {"--config", &config_, "YAML file of settings (TLS, SASL: kafka.common.*)"}};
}

Result<Config> LogFlags::cluster(Console& console) const {
  return cluster_config(config_, console, {{"kafka.brokers", kafka_}});
}

Result<void> LogFlags::check() const {
  if (data_.empty() != kafka_.empty()) return {};
  return stop("usage", "which log? Give either --data DIR of a stopped server or --kafka HOST:PORT "
                       "of its brokers");
}

Result<std::unique_ptr<LogSource>> LogFlags::open(const Catalog& catalog, Console& console) const {
  TRY(check());
  if (kafka_.empty()) return open_directory(data_);
  TRY(const Config config, cluster(console));
  return open_cluster(config, catalog);
}

int tell_of_log(const Fault& fault, Console& console) {
  if (fault.code != "kafka_unreachable") return tell(fault, console);
  console.err << fault.code << ": " << fault.detail << "\n"
              << "Are the brokers up, and --kafka right?\n";
  return exit_unreachable;
}

Result<Config> cluster_config(const std::string& file, Console& console,
                              const std::vector<std::pair<std::string, std::string>>& given) {
  ConfigInputs inputs;
  inputs.environment = process_environment();
  const auto variable = inputs.environment.find("SPATE_CONFIG");
  inputs.file = !file.empty() || variable == inputs.environment.end() ? file : variable->second;
  for (const auto& [name, value] : given)
    if (!value.empty()) inputs.flags.emplace_back(name, value);
  TRY(LoadedConfig loaded, load_config(inputs));
  for (const std::string& warning : loaded.warnings) console.err << "warning: " << warning << "\n";
  return std::move(loaded.config);
}

}  // namespace spate::cli
