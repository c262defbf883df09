// Log flags: which log a subcommand looks into, a directory's or a cluster's.
#pragma once
#include "engine/app/log_source.hpp"
#include "engine/cli/command.hpp"

namespace spate::cli {

class LogFlags {
 public:
  /// --data, --kafka, --config.
  std::vector<Option> options();
  /// Faults: `usage` when not exactly one of --data and --kafka was given.
  Result<void> check() const;
  bool is_cluster() const { return !kafka_.empty(); }
  const std::string& data() const { return data_; }
  /// Of --kafka, with the properties of --config and the environment. Warnings go to
  /// `console.err`. Faults: `config_invalid`.
  Result<Config> cluster(Console& console) const;
  /// Faults: of `check`; of the log.
  Result<std::unique_ptr<LogSource>> open(const Catalog& catalog, Console& console) const;

 private:
  std::string data_, kafka_, config_;
};

/// Tells it and gives the exit code; a cluster that does not answer has its own.
int tell_of_log(const Fault& fault, Console& console);

/// For who waits for a log that cannot be read just now: tells it each ten seconds. Any thread.
std::function<void(const Fault&)> tells_of_waiting(Console& console);

/// Settings of a subcommand that talks to a cluster: file, environment, and what `given` names.
Result<Config> cluster_config(
    const std::string& file, Console& console,
    const std::vector<std::pair<std::string, std::string>>& given);

}  // namespace spate::cli
