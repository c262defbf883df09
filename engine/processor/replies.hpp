// Replies: who waits for what, and the answers that leave once they are durable (A3).
#pragma once
#include <deque>
#include <vector>

#include "engine/log/record_batch.hpp"
#include "engine/processor/mailbox.hpp"

namespace spate {

/// Somebody on an edge thread who waits for one answer.
struct Waiter {
  uint64_t ticket = 0;
  uint16_t mailbox = 0;
  bool async = false;
};

/// A slab of waiters, shared by the partitions of a group. A waiter's claim stands as ticket in its
/// command's batch (0 = nobody) and dies when the waiter is taken: a duplicate that is decided
/// again after a revert must not answer whoever got its place since. Bounded by what the edges
/// admit.
class WaiterTable {
 public:
  uint64_t add(const Waiter& waiter);
  /// Requires: `waits(claim)`.
  Waiter take(uint64_t claim);
  bool waits(uint64_t claim) const {
    return claim != 0 && slots_[claim & place_mask].claim == claim;
  }
  const Waiter& at(uint64_t claim) const { return slots_[claim & place_mask].waiter; }
  std::size_t count() const { return slots_.size() - free_.size(); }

 private:
  static constexpr uint64_t place_mask = 0xffffffff;  // above it: a count of uses, never 0
  struct Slot {
    Waiter waiter;
    uint64_t claim = 0;
    uint64_t uses = 0;
  };
  std::vector<Slot> slots_;
  std::vector<uint64_t> free_;
};

/// The answers of one partition in the order of their release. Nothing here blocks: when an edge's
/// ring is full, `release` stops and is called again.
class Replies {
 public:
  Replies(uint32_t partition, WaiterTable& waiters, std::span<Mailbox* const> mailboxes)
      : partition_(partition), waiters_(waiters), mailboxes_(mailboxes) {}

  /// To send when commands up to `cause` are durable (respond-async).
  void when_command_durable(Cause cause, uint64_t waiter);
  /// An answer to send when outcomes up to `at` are durable: the outcome `answer`, which may be an
  /// older one. `cause`: the command that is answered; 0 for questions.
  struct Pending {
    Sequence at;
    Sequence answer;
    Cause cause;
    uint64_t waiter = 0;
    bool replayed = false;
    bool repeat = false;  ///< counted by `repeats`
  };
  void when_durable(const Pending& pending);
  /// To send at once.
  void now(const Waiter& waiter, Answer answer);
  /// The same to who repeated a command that was decided before: the durable outcome `first`, or a
  /// refusal.
  void repeat_now(const Waiter& waiter, Answer answer, Sequence first);
  /// An undurable batch whose bodies the answers need.
  void keep(BatchPtr outcomes);

  /// Sends what may leave. False: a ring is full, call again.
  bool release(Cause cause, Sequence sequence);
  /// Takes back the answers that hang on outcomes beyond `sequence` (A4), oldest first. Their
  /// waiters still wait.
  std::vector<Pending> revert_to(Sequence sequence);
  bool idle() const { return pending_.empty() && async_.empty() && direct_.empty(); }
  std::size_t pending() const { return pending_.size() + async_.size() + direct_.size(); }
  /// Of them: answers to commands that were met at the door as decided before.
  std::size_t repeats() const { return repeats_; }

 private:
  struct Async {
    Cause cause;
    uint64_t waiter;
  };
  struct Direct {
    Waiter waiter;
    Answer answer;
    Sequence first;
    bool repeat = false;
  };
  bool is_too_long(const Waiter& waiter, Bytes body) const;
  bool send(const Waiter& waiter, Answer answer, Sequence sequence, bool replayed, Bytes body);
  /// The body of a kept outcome, else null data.
  Bytes body_of(Sequence sequence);

  const uint32_t partition_;
  WaiterTable& waiters_;
  std::span<Mailbox* const> mailboxes_;
  std::deque<Pending> pending_;
  std::deque<Async> async_;
  std::deque<Direct> direct_;
  std::size_t repeats_ = 0;
  std::deque<BatchPtr> kept_;
  RecordBatch::Iterator cursor_{nullptr};  // in kept_.front(), so a walk is linear
  uint64_t cursor_number_ = 0;
};

}  // namespace spate
