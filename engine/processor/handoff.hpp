// Handoff: requests that reached a processor whose partition another node owns, on their way there.
#pragma once
#include <cstring>

#include "engine/processor/mailbox.hpp"

namespace spate {

/// Who sent the request that follows, head and body as they came.
struct HandoffHead {
  uint32_t mailbox = 0;  ///< the edge thread
  uint32_t zero[3] = {};
};
static_assert(sizeof(HandoffHead) == 16);

/// One for each processor thread: what its edges ask in the moments around a move is not refused
/// but sent on, by whoever empties it without waiting for anything.
struct Handoff {
  explicit Handoff(std::size_t bytes) : requests(bytes) {}
  SpscRing requests;     ///< processor → whoever sends requests to other nodes
  Bell* bell = nullptr;  ///< rung by the processor after a commit
};

/// The way on, as the processors of a thread see it.
struct WayOn {
  Handoff* to = nullptr;  ///< null: there are no other nodes
  uint16_t edges = 0;     ///< the first mailboxes are of edges; who asks through others asks again

  enum class Sent : uint8_t {
    yes,
    full,   ///< until it is emptied, which takes a moment
    never,  ///< it is for whoever asked to do
  };
  Sent send(const RequestHead& head, Bytes body, uint16_t mailbox) const {
    const std::size_t size = sizeof(HandoffHead) + sizeof head + body.size();
    if (mailbox >= edges || to == nullptr || size > to->requests.message_bytes_max())
      return Sent::never;
    uint8_t* at = to->requests.begin(size);
    if (at == nullptr) return Sent::full;
    const HandoffHead from{mailbox};
    std::memcpy(at, &from, sizeof from);
    std::memcpy(at + sizeof from, &head, sizeof head);
    if (!body.empty()) std::memcpy(at + sizeof from + sizeof head, body.data(), body.size());
    to->requests.commit();
    if (to->bell != nullptr) to->bell->ring();
    return Sent::yes;
  }
};

}  // namespace spate
