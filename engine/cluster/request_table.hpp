// RequestTable: requests that are under way, each with what is needed to send it once more.
#pragma once
#include <deque>
#include <vector>

#include "engine/cluster/links.hpp"

namespace spate {

/// Who gets the answer.
struct Origin {
  bool is_peer = false;
  uint32_t edge = 0;  ///< an edge thread
  LinkId link = 0;    ///< a peer
};

struct PendingRequest {
  enum class At : uint8_t { nowhere, waiting, home, peer, log };
  At at = At::nowhere;
  RequestHead head;  ///< as it came, with its sender's ticket
  ByteBuffer body;   ///< of a submit of our own edges; a peer keeps its own
  Origin origin;
  PeerId peer = 0;
  uint32_t attempt = 0;   ///< of this sending: a reply to an earlier one is no reply
  uint64_t arrival = 0;   ///< order of arrival, from 1; names the request
  int64_t due_ns = 0;     ///< waiting: not sent before
  int64_t back_off_ns = 0;
  int64_t publish_ns = 0;  ///< of a submit: from then on the log will do in place of the owner
  bool unsure = false;    ///< an earlier sending may have been taken
  bool unowned = false;   ///< whoever was asked last said that the partition is not its own
  Answer refused = Answer::not_ready;  ///< the last refusal
};

struct RequestTableLimits {
  std::size_t requests_max = 1 << 16;
  std::size_t bytes_max = 64 << 20;  ///< of their bodies
};

class RequestTable {
 public:
  explicit RequestTable(const RequestTableLimits& limits) : limits_(limits) {}

  bool has_room(std::size_t body_bytes) const {
    return count_ < limits_.requests_max && bytes_ + body_bytes <= limits_.bytes_max;
  }
  /// Copies `body`. Requires: has_room.
  uint32_t add(const RequestHead& head, Bytes body, const Origin& origin);
  void remove(uint32_t place);
  PendingRequest& operator[](uint32_t place) { return slots_[place]; }
  std::size_t size() const { return slots_.size(); }
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }

  /// The ticket of a new attempt; replies to all earlier ones are void from now on.
  uint64_t new_ticket(uint32_t place);
  /// Null: the ticket's attempt is over.
  PendingRequest* find(uint64_t ticket);
  static uint32_t place_of(uint64_t ticket) { return static_cast<uint32_t>(ticket); }

 private:
  const RequestTableLimits limits_;
  std::deque<PendingRequest> slots_;
  std::vector<uint32_t> free_;
  std::size_t count_ = 0, bytes_ = 0;
  uint64_t arrivals_ = 0;
  uint32_t attempts_ = 0;
};

}  // namespace spate
