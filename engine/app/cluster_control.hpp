// Cluster control: redrive and discard on a Kafka cluster whose nodes run.
#pragma once
#include "engine/app/log_source.hpp"
#include "engine/app/parked_commands.hpp"

namespace spate {

/// What became of a control command on a cluster whose nodes run.
struct ClusterControl {
  bool decided = false;      ///< else it is in the topic, and nobody decided it in time
  std::string refusal;       ///< why it was not carried out; empty: it was
  std::size_t left = 0;      ///< commands of the stream that are parked all the same
};
/// Writes the command into the topic, as who knows `secret`, and waits for what its owner makes of
/// it. Faults: `unknown_domain`, `nothing_parked`, `config_invalid` without a secret; of the log.
Result<ClusterControl> control_on_cluster(LogSource& cluster, const Catalog& catalog,
                                          const std::string& domain, const std::string& stream,
                                          envelope::Control what, const std::string& secret,
                                          const Clock& clock);

}  // namespace spate
