// Courier: carries the requests of one edge thread to the processors and their replies back.
#pragma once
#include <deque>
#include <vector>

#include "engine/edge/limits.hpp"
#include "engine/processor/mailbox.hpp"
#include "engine/processor/mailbox_routes.hpp"

namespace spate::edge {

/// Who waits for a reply. Called on the edge thread, during `Courier::poll`.
class Recipient {
 public:
  virtual ~Recipient() = default;
  /// `body` (outcome: an envelope.Outcome) is valid during the call.
  virtual void delivered(uint64_t tag, const ReplyHead& head, Bytes body) = 0;
};

class Courier {
 public:
  /// At most `in_flight_commands_max` submitted commands and as many questions are under way (rule
  /// H1: a reply always finds its slot). `routes` says which mailbox a partition's requests go to;
  /// a reply may come out of any.
  Courier(std::vector<Mailbox*> mailboxes, const MailboxRoutes& routes,
          const EdgeLimits& limits);

  enum class Sent : uint8_t { yes, full, too_large };
  struct Letter {
    uint32_t partition = 0;  ///< dense
    CommandId id;
    bool async = false;
    bool patient = false;  ///< of a batch: waits for its replay, however many wait
    Recipient* recipient = nullptr;
    uint64_t tag = 0;
  };
  /// On `yes` the ticket is in `ticket`, and exactly one delivery follows unless it is forgotten.
  Sent submit(const Letter& letter, Bytes body, uint64_t& ticket);
  Sent find(const Letter& letter, uint64_t& ticket);
  /// The partition is reached elsewhere now than when this was sent. 0 is no ticket.
  bool has_moved(uint64_t ticket);
  /// The reply, when it comes, goes to nobody. 0 is no ticket.
  void forget(uint64_t ticket);

  /// Delivers what has come; true when there was any. But for stored outcomes that must be read
  /// again: reading is slow, so they wait for `replay`, a bounded number of them (rule D4).
  bool poll();
  /// Delivers up to `max` of those.
  void replay(std::size_t max);
  bool wants_replay() const { return !replays_.empty(); }
  /// False: who can wait sends nothing further that may have to be read again.
  bool has_replay_room() const { return replays_.size() <= replays_waiting_max_ / 2; }
  /// Wakes the processors that were sent something since the last call.
  void ring();
  bool wants_ring() const { return wants_ring_; }

  std::size_t in_flight() const { return submitted_; }
  /// False: as many commands wait as may, or a processor's ring is half full. Whoever stops reading
  /// then finds room for what was read already.
  bool has_credit() const;

 private:
  struct Slot {
    Recipient* recipient = nullptr;
    uint64_t tag = 0;
    uint32_t generation = 1;
    uint32_t partition = 0;
    uint32_t box = 0;
    bool busy = false;
    bool is_submit = false;
    bool patient = false;
  };
  Sent send(const Letter& letter, Ask ask, Bytes body, uint64_t& ticket);
  Slot* slot_of(uint64_t ticket);
  void deliver(Bytes message);
  void finish(uint32_t index, const ReplyHead& head, Bytes body);

  std::vector<Mailbox*> mailboxes_;
  const MailboxRoutes& routes_;
  const std::size_t in_flight_max_;
  const std::size_t replays_waiting_max_;
  const std::size_t command_bytes_max_;
  std::deque<ReplyHead> replays_;  ///< their slots are busy, but hold no credit
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<bool> rings_;
  std::size_t submitted_ = 0;
  std::size_t asked_ = 0;
  bool wants_ring_ = false;
};

}  // namespace spate::edge
