// Handoff: requests that reached a processor whose partition another node owns, on their way there.
#pragma once
#include "engine/processor/mailbox.hpp"

namespace spate {

/// Who sent the request that follows, head and body as they came.
struct HandoffHead {
  uint32_t mailbox = 0;  ///< the edge thread
  uint32_t zero[3] = {};
};
static_assert(sizeof(HandoffHead) == 16);

/// One for each processor thread: what its edges ask in the moments around a move is not refused
/// but sent on.
struct Handoff {
  explicit Handoff(std::size_t bytes) : requests(bytes) {}
  SpscRing requests;     ///< processor → whoever sends requests to other nodes
  Bell* bell = nullptr;  ///< rung by the processor after a commit
};

}  // namespace spate
