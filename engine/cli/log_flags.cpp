// The brokers come from --kafka alone: a setting must not turn a look at a directory into another.
#include "engine/cli/log_flags.hpp"

#include <chrono>
#include <mutex>
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

std::function<void(const Fault&)> tells_of_waiting(Console& console) {
  struct Told {
    std::mutex mutex;
    std::chrono::steady_clock::time_point at;
  };
  return [&console, told = std::make_shared<Told>()](const Fault& fault) {
    const std::lock_guard lock(told->mutex);
    const auto now = std::chrono::steady_clock::now();
    if (now - told->at < std::chrono::seconds(10)) return;
    told->at = now;
    console.err << "waiting: " << fault.detail << std::endl;
  };
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
