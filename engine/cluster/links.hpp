// Links: the port between the forwarder and the connections to other nodes; one thread on both
// sides.
#pragma once
#include <string_view>

#include "engine/processor/mailbox.hpp"

namespace spate {

/// A node to which requests are sent, for the life of the process.
using PeerId = uint32_t;
/// A connection over which a node asks us; never used again.
using LinkId = uint64_t;

/// Tickets are the sender's own. Bodies are copied.
class Links {
 public:
  virtual ~Links() = default;
  virtual PeerId peer(std::string_view address) = 0;
  enum class Sent : uint8_t { yes, not_now };
  /// `not_now`: there is no connection (one is dialled), or as much is under way as may be;
  /// `writable` follows. After `yes`: `replied`, or `lost`.
  virtual Sent send(PeerId to, const RequestHead& head, Bytes body) = 0;
  /// There is a connection, full or not.
  virtual bool is_up(PeerId to) const = 0;
  /// To a link that is gone: nothing.
  virtual void reply(LinkId to, const ReplyHead& head, Bytes body) = 0;
  /// After a turn: what was sent since the last call leaves in as few writes as possible.
  virtual void flush() = 0;
};

/// What happens on the links. Not called from within a call of `Links`.
class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  virtual void replied(PeerId from, const ReplyHead& head, Bytes body) = 0;
  /// Requests may be sent (again).
  virtual void writable(PeerId to) = 0;
  /// Nobody knows what became of the requests that were not answered.
  virtual void lost(PeerId to) = 0;
  /// Another node asks. Answered exactly once unless the link goes.
  virtual void asked(LinkId from, const RequestHead& head, Bytes body) = 0;
};

}  // namespace spate
