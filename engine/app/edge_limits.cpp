// Lowered and told, not refused: a small server with large limits is of use.
#include "engine/app/edge_limits.hpp"

#include "engine/app/config_units.hpp"
#include "engine/app/open_files.hpp"
#include "engine/app/ring_sizes.hpp"

namespace spate {
namespace {

void lower_body(EdgeLimitsHere& here, std::size_t edge::EdgeLimits::*limit, std::string_view name,
                std::size_t most, const std::string& why) {
  std::size_t& bytes = here.limits.*limit;
  const std::size_t wanted = bytes;
  if (wanted <= most) return;
  bytes = most >> 10 << 10;
  here.lowered.push_back(std::string(name) + " is " + format_bytes(bytes) + ", not " +
                         format_bytes(wanted) + ": " + why);
}

}  // namespace

EdgeLimitsHere edge_limits_here(const Config& config, std::size_t files) {
  EdgeLimitsHere here{config.http, {}};
  const uint64_t memory = config.memory().edge_buffer_bytes;
  const std::size_t wanted = config.http.connections_max;
  const std::size_t of_files = connections_within(files, wanted);
  const std::size_t of_memory = memory / 3 / edge::EdgeLimits::connection_bytes;
  here.limits.connections_max = std::min({wanted, of_files, of_memory});
  if (here.limits.connections_max < wanted)
    here.lowered.push_back(
        "http.connections_max is " + std::to_string(here.limits.connections_max) + ", not " +
        std::to_string(wanted) + ": " +
        (of_files < of_memory ? "of " + std::to_string(files) +
                                    " files that may be open some are the log's; raise `ulimit -Hn`"
                              : "its share of --memory is no more; raise --memory"));
  here.limits.held_bytes_max = memory / 3 * 2 / config.threads.edge;
  const std::size_t body = here.limits.held_bytes_max / edge::EdgeLimits::held_bodies;
  const std::string why = "an edge thread has " + format_bytes(here.limits.held_bytes_max >> 10 << 10) +
                          "; raise --memory or lower threads.edge";
  lower_body(here, &edge::EdgeLimits::batch_bytes_max, "http.batch_max", body, why);
  here.limits.command_bytes_max = ring_sizes(config).command_bytes_max;
  const std::size_t command = here.limits.command_bytes_max - edge::EdgeLimits::record_bytes;
  if (command < body)
    lower_body(here, &edge::EdgeLimits::body_bytes_max, "http.body_max", command,
               "a command must fit its queues, those to other nodes, too; raise --memory or lower "
               "threads.edge or threads.processor");
  else
    lower_body(here, &edge::EdgeLimits::body_bytes_max, "http.body_max", body, why);
  return here;
}

}  // namespace spate
