// One calculation for who makes rings and for who says what is too large for them.
#include "engine/app/ring_sizes.hpp"

#include <algorithm>

#include "engine/cluster/link_limits.hpp"
#include "engine/processor/handoff.hpp"

namespace spate {
namespace {

constexpr std::size_t ring_bytes_max = 4 << 20;  // a longer queue only adds latency and misses
constexpr std::size_t ring_bytes_min = 4 << 10;  // refused, but no less than the heads
constexpr std::size_t frame_bytes = 1 << 10;     // of a link, around a command

}  // namespace

RingSizes ring_sizes(const Config& config) {
  const bool has_nodes = !config.kafka.brokers.empty();
  const std::size_t edges = config.threads.edge, processors = config.threads.processor;
  const std::size_t bytes = config.memory().mailbox_bytes / (has_nodes ? 2 : 1);
  RingSizes sizes;
  sizes.mailbox_bytes =
      std::clamp(bytes / (2 * edges * processors), ring_bytes_min, ring_bytes_max);
  sizes.command_bytes_max =
      SpscRing::message_bytes_max(sizes.mailbox_bytes) - sizeof(RequestHead);
  if (!has_nodes) return sizes;
  sizes.waiting_bytes = bytes / 2;
  const std::size_t rings = 2 * (edges + processors) + processors;
  sizes.nodes_bytes = std::clamp(bytes / 2 / rings, ring_bytes_min, ring_bytes_max);
  sizes.command_bytes_max = std::min(
      {sizes.command_bytes_max, LinkLimits{}.payload_bytes_max - frame_bytes,
       SpscRing::message_bytes_max(sizes.nodes_bytes) - sizeof(HandoffHead) - sizeof(RequestHead)});
  return sizes;
}

}  // namespace spate
