// Server flags: those of serve, check and config show, and the configuration they lead to.
#pragma once
#include "engine/app/config.hpp"
#include "engine/cli/command.hpp"

namespace spate::cli {

class ServerFlags {
 public:
  std::vector<Option> options();
  /// File, environment and these flags. Warnings go to `console.err`.
  Result<LoadedConfig> load(Console& console) const;

 private:
  std::string config_, data_, listen_, partitions_, memory_, topics_, kafka_;
  std::string cluster_listen_, cluster_advertise_, standby_, checkpoints_, scan_interval_;
  bool insecure_dev_ = false;
  bool confirm_clock_ = false;
};

}  // namespace spate::cli
