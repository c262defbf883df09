// PartitionProcessor: one partition's sequencer and decider: one order, one thread, one outcome
// each.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>

#include "engine/api/domain.hpp"
#include "engine/base/step.hpp"
#include "engine/log/log.hpp"
#include "engine/log/log_periods.hpp"
#include "engine/processor/checkpointing.hpp"
#include "engine/processor/decider.hpp"
#include "engine/processor/fold.hpp"
#include "engine/processor/handoff.hpp"
#include "engine/processor/outcome_writer.hpp"
#include "engine/processor/partition_stats.hpp"
#include "engine/processor/replies.hpp"
#include "engine/processor/stamp.hpp"
#include "engine/processor/suspects.hpp"

namespace spate {

struct ProcessorLimits {
  std::size_t batch_commands_max = 1024;        ///< commands sequenced or decided in one turn
  std::size_t batch_bytes_max = 1 << 20;        ///< bytes of commands read for one turn
  std::size_t command_bytes_max = 1 << 20;      ///< a command record (G6)
  std::size_t outcome_bytes_max = 1 << 20;      ///< the events of one outcome (G6)
  uint32_t parked_per_stream_max = 1000;        ///< commands (E3)
  std::size_t replies_pending_max = 1 << 16;    ///< undecided, or decided and not yet durable
  std::size_t repeats_pending_max = 1 << 14;    ///< of what was decided before (D4)
  std::size_t finds_pending_max = 1 << 12;      ///< questions that wait for the backlog
  int64_t checkpoint_interval_ns = int64_t{30} * 1'000'000'000;  ///< at the latest, when dirty
  /// Of the log's time: at each period's first outcome a checkpoint begins, unless one is being
  /// written, so that nodes have digests of the same outcomes. Those of the interval then come a
  /// quarter later, so that they are not under way just then. 0: no such.
  int64_t common_period_ns = 0;
};

/// What a partition works on; all of it outlives the processor.
struct PartitionParts {
  PartitionId id;
  uint32_t dense = 0;             ///< its dense index in the topology
  const Domain* domain = nullptr;
  uint64_t row_schema_digest = 0;
  Log* log = nullptr;
  StateStore* store = nullptr;
  RowTable* rows = nullptr;
  IdTable* ids = nullptr;
  const Clock* clock = nullptr;
  Suspects* suspects = nullptr;
  Bell* checkpointer = nullptr;   ///< rung when a checkpoint may be written
  std::function<void(const std::string&)> tell;  ///< what an operator must know; may be empty
  bool confirm_clock = false;
  /// While another node owns it, its outcomes are folded here, so that a takeover finds rows that
  /// are all but up to date.
  bool follows = false;
  /// For requests that it cannot take while another node owns it; null: they are refused.
  const WayOn* way_on = nullptr;
  /// True while another node owns it, so that nothing is amiss here; null: never.
  const std::atomic<bool>* elsewhere = nullptr;
};

class PartitionProcessor {
 public:
  PartitionProcessor(const PartitionParts& parts, const ProcessorLimits& limits,
                     WaiterTable& waiters, std::span<Mailbox* const> mailboxes);

  /// Takes a request from an edge. False: no room now, leave it in the ring.
  bool admit(const RequestHead& head, Bytes body, uint16_t mailbox);

  /// One turn: recover, or sequence, decide, append, release answers, checkpoint. Faults with
  /// `stop` end the process; the partition's place is named in the detail.
  Result<Step> step();

  /// While another node owns it: folds a few outcomes of it, if there are any. A part of the turn
  /// that may be put off when there is other work.
  Result<Step> follow();

  /// Any one thread: rows here are not what another node has. While that is in doubt nothing is
  /// folded, written or decided here. Where they are right it goes on; where they are left in doubt
  /// (nobody will say any more) whoever waits for them is told so; where they are wrong it stands
  /// still, and ends with the fault `state_differs` when it is this node's turn to own it. `why` is
  /// that of the first call with these.
  enum class Rows : uint8_t { right, in_doubt, left_in_doubt, wrong };
  void judge(Rows rows, const std::string& why);

  /// No new commands from now on; those taken are finished (graceful end).
  void drain() { draining_ = true; }
  /// Nothing taken is unfinished, no answer is owed, no checkpoint is under way.
  bool quiet() const;
  /// Begins a checkpoint although no limit of its own asks for one. False: none is needed or one
  /// is under way.
  bool freeze_now();

  bool ready() const { return phase_ == Phase::owned; }
  /// Ready, and nothing keeps it from stamping commands.
  bool untroubled() const { return ready() && trouble_.empty() && unreadable_.empty(); }
  /// Untroubled, or another node's.
  bool settled() const {
    return untroubled() ||
           (parts_.elsewhere != nullptr && parts_.elsewhere->load(std::memory_order_relaxed));
  }
  /// Folded to where the log ended when folding began, or only folded once it is owned.
  bool caught_up() const {
    return phase_ == Phase::owned || phase_ == Phase::reclaiming || !parts_.follows ||
           (phase_ == Phase::folding && folded_ >= tail_.sequence);
  }
  /// Outcomes that no checkpoint covers or is about to: so many a restart folds again.
  uint64_t unfrozen() const {
    if (phase_ == Phase::owned) return sequence_.value - frozen_at_.value;
    return is_following_ ? folded_.value - std::max(frozen_at_, rows_at_).value : 0;
  }
  PartitionId id() const { return parts_.id; }
  Checkpointing& checkpointing() { return checkpointing_; }
  const PartitionStats& stats() const { return stats_; }
  RowTable& rows() { return *parts_.rows; }
  Sequence sequence() const { return sequence_; }
  /// `recovering…`, `ready`, or why it is not ready.
  std::string state_text() const;
  /// `redemptions/3`
  std::string name() const;

 private:
  enum class Phase : uint8_t { opening, acquired, folding, owned, reclaiming };
  struct Find {
    Cause upto;           // known once `asked` is answered
    uint64_t asked = 0;   // the question where the command log ends; 0 = `upto` is known
    CommandId id;
    Waiter waiter;
  };
  /// One command of the batch being decided.
  struct Work {
    Cause cause;
    Instant time;
    Bytes body;
    uint64_t waiter;
    BatchKeys::Range rows;
  };
  /// How far the batch being decided is collected.
  struct Collected {
    RecordBatch::Iterator at;
    std::size_t place = 0;     // of the record in its batch
    std::size_t commands = 0;  // of this turn
  };

  // recovery.cpp
  Result<Step> recover();
  Result<Step> open();
  Result<bool> acquire();
  Result<Step> fold_tail();
  Result<Step> fold_batch(std::size_t bytes_max);
  void summon_witnesses();
  Result<void> meet_witness();
  bool begin_following();
  bool freeze_followed();
  Result<std::optional<BatchPtr>> read(LogSide side, uint64_t from, std::size_t bytes_max);
  Result<std::optional<bool>> usable(const Checkpoint& checkpoint);
  Result<std::optional<bool>> is_of_this_history(Sequence sequence, uint64_t chain);
  Result<Step> open_state();
  bool own();
  Result<Step> stand(Rows judged);
  void tell(const std::string& what) const;
  bool wants_freeze() const;
  void freeze_folded(const RecordBatch& batch);
  Sequence fold_end(const RecordBatch& batch);
  Checkpoint checkpoint_behind(const RecordBatch& batch) const;  // at `folded_`

  // reclaiming.cpp
  Result<void> revert();
  void take_back();
  Step leave_in_doubt();
  Result<Step> reclaim();
  void adopt(const RecordBatch& batch);
  void answer_adopted();
  void leave_untaken();
  bool hand_on_untaken();
  void refuse_unread();
  void refuse_waiting();

  // sequencing.cpp
  bool admit_command(const RequestHead& head, Bytes body, uint16_t mailbox);
  bool admit_find(const RequestHead& head, uint16_t mailbox);
  std::optional<Answer> refusal(std::string_view stream);
  bool has_room() const;
  enum class Repeat : uint8_t { none, taken, no_room };
  Repeat repeat(const RequestHead& head, Bytes body, const Waiter& waiter);
  void expect_repeats();
  bool begin_incoming();
  bool append_incoming();

  // deciding.cpp
  Result<bool> decide_batch();
  bool collect(const RecordBatch& batch, Collected& next);
  uint64_t met(Cause cause, uint64_t claim, uint64_t waiter);
  void shown(uint64_t claim);
  Result<void> decide_one(const Work& work);
  envelope::Kind record(const Work& work, Decision decision, Cause origin);
  bool append_decided();
  bool batch_is_full() const;
  Decision malformed(const Work& work) const;

  // parking.cpp
  Result<void> control(const Work& work, envelope::Control what);
  Result<bool> settle_parked(const Work& work, envelope::Control what, const StreamRow& stream);
  static CommandId control_id(const Work& control);

  // settling
  Result<bool> settle();
  Result<void> answer_finds(const Progress& progress);
  bool checkpoint();
  bool interval_is_over() const;
  void freeze(const Checkpoint& at);
  void freeze_ids(const Checkpoint& at);
  void release_checkpoint();
  Checkpoint checkpoint_now() const;
  Checkpoint checkpoint_at(Sequence sequence, Cause cause, Instant time, uint64_t chain) const;
  void publish();
  void publish_parked();

  const PartitionParts parts_;
  const ProcessorLimits limits_;
  const bool log_numbers_;       // Numbering::log
  WaiterTable& waiters_;
  Replies replies_;
  Stamp stamp_;
  Fold fold_;
  Decider decider_;
  OutcomeWriter writer_;
  Checkpointing checkpointing_;
  PartitionStats stats_;

  std::array<std::string, 4> judged_why_;  // by Rows; once there it stays
  std::atomic<Rows> judged_{Rows::right};
  const std::string& why_judged() const {
    return judged_why_[static_cast<std::size_t>(judged_.load(std::memory_order_acquire))];
  }

  Phase phase_ = Phase::opening;
  bool draining_ = false;
  std::string trouble_;          // why nothing can be stamped now; empty = fine
  std::string unreadable_;       // why the log cannot be read now; empty = it can

  // What has been given out (A1) and how far it came.
  Epoch epoch_;
  Cause last_cause_;             // highest command handed to the log or waiting in incoming_;
                                 // log_numbers_: highest that was read
  std::deque<uint64_t> unread_;  // log_numbers_: claims of commands the log has not shown yet
  uint64_t commands_failed_ = 0; // of which the log has told so far
  Cause decided_;                // highest command decided
  uint32_t storm_ = 0;           // repeats are looked for at the door for so many commands more
  Cause unfinished_control_;     // settles the rest of its stream in the next batch; 0 = none
  Sequence sequence_;            // last outcome decided
  uint64_t chain_ = 0;
  Instant last_time_;
  Instant incoming_time_;        // the stamp of incoming_
  Sequence durable_;
  Cause durable_cause_;
  Sequence published_durable_;
  Sequence frozen_at_;           // of the last checkpoint begun
  int64_t frozen_when_ns_ = 0;
  LogPeriods periods_;
  Sequence period_began_;        // the last outcome that was the first of its period

  // Recovery.
  Tail tail_;
  Sequence rows_at_, ids_at_, folded_;
  std::deque<Sequence> witnesses_;  // where rows folded from the tail meet a recorded digest
  bool was_owned_ = false;
  bool is_elsewhere_ = false;    // another node will go on with it
  bool is_following_ = false;    // folds what another node decides; not acquired
  Checkpoint followed_;          // behind the last outcome folded so
  std::vector<Replies::Pending> unanswered_;   // taken back by a revert, waiting for reclaim
  std::unordered_map<uint64_t, Sequence> adopted_;  // by cause: outcomes that did happen

  std::shared_ptr<RecordBatch> incoming_;   // sequenced, not yet taken by the log
  std::deque<std::shared_ptr<RecordBatch>> untaken_;  // were to be, when it was lost: to pass on
  std::size_t handed_on_ = 0;               // of the first of them
  std::shared_ptr<RecordBatch> outcomes_;   // decided, not yet taken by the log
  Cause commands_end_;                      // highest command that the log took
  std::size_t outcome_bytes_guess_ = 256;   // of one outcome's record, from the last batch
  std::size_t incoming_bytes_guess_ = 4096; // of one batch of commands
  std::vector<Work> work_;
  BatchKeys keys_;
  std::vector<RowName> names_;
  std::deque<Find> finds_;
  std::string key_;
};

}  // namespace spate
