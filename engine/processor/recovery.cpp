// Becoming the owner: check the checkpoint against the log, fold the tail once, then decide (B6,
// C2, C3).
#include "engine/log/chain.hpp"
#include "engine/processor/partition_processor.hpp"

namespace spate {
namespace {

constexpr std::size_t follow_bytes_max = 128 << 10;  // the thread's own partitions wait meanwhile
constexpr std::size_t witnesses_max = 4;  // of one tail: each looks at all its dirty rows

}  // namespace

Result<Step> PartitionProcessor::recover() {
  if (phase_ == Phase::opening) return open();
  if (phase_ == Phase::acquired) return open_state();
  if (phase_ == Phase::reclaiming) return reclaim();
  return fold_tail();
}

/// False: not yet; the trouble says what is waited for.
Result<bool> PartitionProcessor::acquire() {
  const Result<Ownership> ownership = parts_.log->acquire(parts_.id);
  if (!ownership && ownership.error().action != FaultAction::retry)
    return pass_on(Fault(ownership.error()));
  trouble_ = ownership ? "" : ownership.error().detail;
  is_elsewhere_ = !ownership && ownership.error().code == "owned_elsewhere";
  if (!ownership) return false;
  epoch_ = ownership->epoch;
  tail_ = ownership->tail;
  return true;
}

Result<Step> PartitionProcessor::open() {
  TRY(const bool acquired, acquire());
  if (!acquired && !begin_following()) return Step::blocked;
  phase_ = Phase::acquired;
  return Step::worked;
}

bool PartitionProcessor::begin_following() {
  if (!parts_.follows || draining_) return false;
  const std::optional<Tail> tail = parts_.log->tail(parts_.id);
  if (!tail) return false;
  tail_ = *tail;
  is_following_ = true;
  return true;
}

/// Nothing while the log cannot be read just now (a broker is away, say): it is tried again.
Result<std::optional<BatchPtr>> PartitionProcessor::read(LogSide side, uint64_t from,
                                                         std::size_t bytes_max) {
  Result<BatchPtr> batch = parts_.log->read(side, parts_.id, from, bytes_max);
  unreadable_ = batch ? "" : batch.error().detail;
  if (batch) return std::optional<BatchPtr>(std::move(*batch));
  if (batch.error().action == FaultAction::retry) return std::optional<BatchPtr>();
  return pass_on(std::move(batch.error()));
}

Result<Step> PartitionProcessor::open_state() {
  TRY(const auto stored, parts_.store->checkpoint());
  rows_at_ = ids_at_ = {};
  if (stored) {
    TRY(const std::optional<bool> good, usable(*stored));
    if (!good) return Step::blocked;
    if (*good) rows_at_ = stored->sequence;
    else tell("rows at outcome " + std::to_string(stored->sequence.value) +
              " do not fit the log, the schema or the handler: discarded, folded again from the log");
    if (!*good) TRY(parts_.store->clear());
  }
  ids_at_ = parts_.ids->covered();
  TRY(const auto known, is_of_this_history(ids_at_, parts_.ids->covered_chain()));
  if (!known) return Step::blocked;
  if (!*known) {
    tell("ids up to outcome " + std::to_string(ids_at_.value) +
         " do not fit the log: discarded, folded again from the log");
    TRY(parts_.ids->clear());
    ids_at_ = {};
  }
  TRY(parts_.rows->open());
  if (!parts_.rows->note().empty()) tell(parts_.rows->note());
  summon_witnesses();
  folded_ = std::min(rows_at_, ids_at_);
  frozen_when_ns_ = parts_.clock->monotonic_ns();  // the interval begins: not due at once
  phase_ = Phase::folding;
  return Step::worked;
}

void PartitionProcessor::tell(const std::string& what) const {
  if (parts_.tell) parts_.tell(name() + ": " + what);
}

/// Same log, schema and logic, not ahead of the log, and the same history up to there. Nothing:
/// not known yet.
Result<std::optional<bool>> PartitionProcessor::usable(const Checkpoint& c) {
  if (c.log != parts_.log->identity()) return false;
  if (c.schema_digest != parts_.row_schema_digest) return false;
  if (c.logic_version != parts_.domain->handler->evolve_version) return false;
  return is_of_this_history(c.sequence, c.chain);
}

/// What was folded up to `sequence` was folded from this log, as the next outcome's chain says.
Result<std::optional<bool>> PartitionProcessor::is_of_this_history(Sequence sequence,
                                                                   uint64_t chain) {
  if (sequence == Sequence{}) return true;
  if (sequence > tail_.sequence) return false;
  if (sequence == tail_.sequence) return chain == tail_.chain;
  TRY(const auto next, read(LogSide::outcomes, sequence.value + 1, 1));
  if (!next) return std::optional<bool>();
  if (*next == nullptr) return false;
  for (const RecordView record : **next)
    if (record.head.number == sequence.value + 1)
      return outcome_of(record.body).chain() == chain;
  return false;
}

/// Checkpoints that a crash took from the store were recorded: the fold must come by the same rows.
/// The first would show the first difference, the last ones show any that lasts.
void PartitionProcessor::summon_witnesses() {
  witnesses_.clear();
  for (const DigestPoint& point :
       parts_.rows->journal().points(rows_at_, parts_.row_schema_digest,
                                     parts_.domain->handler->evolve_version))
    witnesses_.push_back(point.sequence);
  while (witnesses_.size() > witnesses_max) witnesses_.erase(witnesses_.begin() + 1);
}

Result<void> PartitionProcessor::meet_witness() {
  if (witnesses_.empty() || folded_ < witnesses_.front()) return {};
  ENSURE(folded_ == witnesses_.front());
  Checkpoint at = checkpoint_at(folded_, {}, {}, fold_.chain_at(folded_).value_or(0));
  at.digest = parts_.rows->running_digest();
  TRY(parts_.rows->journal().compare(at));
  stats_.digests_met.add(1);
  witnesses_.pop_front();
  return {};
}

Result<Step> PartitionProcessor::fold_tail() {
  if (is_following_) {
    checkpointing_.finish();
    if (draining_) return Step::blocked;
    TRY(const bool acquired, acquire());
    is_following_ = !acquired;
    return acquired ? Step::worked : Step::blocked;
  }
  if (folded_ >= tail_.sequence) {
    if (fold_.chain_at(tail_.sequence).value_or(tail_.chain) != tail_.chain)
      return stop("log_chain", "the outcomes of partition " + name() +
                                   " do not end in the chain that the log names; run `spate log "
                                   "verify`");
    return own() ? Step::worked : Step::blocked;
  }
  return fold_batch(limits_.batch_bytes_max);
}

void PartitionProcessor::judge(Rows rows, const std::string& why) {
  std::string& known = judged_why_[static_cast<std::size_t>(rows)];
  if (known.empty() && rows != Rows::right) known = why;
  judged_.store(rows, std::memory_order_release);
}

/// Another node goes on with it, or this one ends, so that another one can: it stays in nobody's
/// way, and decides nothing on rows that are wrong.
Result<Step> PartitionProcessor::stand(Rows judged) {
  checkpointing_.finish();
  if (judged == Rows::left_in_doubt) refuse_waiting();
  if (judged != Rows::wrong) return Step::blocked;
  TRY(const bool acquired, acquire());
  if (acquired || !is_elsewhere_) return stop("state_differs", why_judged());
  refuse_waiting();
  return Step::blocked;
}

Result<Step> PartitionProcessor::follow() {
  if (phase_ != Phase::folding || !is_following_ || draining_) return Step::idle;
  if (judged_.load(std::memory_order_relaxed) != Rows::right) return Step::blocked;
  return fold_batch(follow_bytes_max);
}

Result<Step> PartitionProcessor::fold_batch(std::size_t bytes_max) {
  checkpointing_.finish();
  // C1: the dirty limit holds while folding too. With no checkpoint to wait for, one batch more
  // brings the fold to where it can freeze.
  if (checkpointing_.in_progress() && (parts_.rows->is_full() || parts_.ids->is_full()))
    return Step::blocked;
  TRY(const auto found, read(LogSide::outcomes, folded_.value + 1, bytes_max));
  if (!found) return Step::blocked;
  const BatchPtr& batch = *found;
  if (!batch && is_following_) return freeze_followed() ? Step::worked : Step::idle;
  if (!batch)
    return stop("log_gap", "outcome " + std::to_string(folded_.value + 1) + " of partition " +
                               name() + " is missing from the log; run `spate log verify`");
  const Sequence done = folded_;
  const Sequence until = fold_end(*batch);
  TRY(fold_.replay(*batch, std::max(rows_at_, done), std::max(ids_at_, done), until));
  adopt(*batch);
  folded_ = durable_ = until;
  TRY(meet_witness());
  const bool due = wants_freeze() || folded_ == period_began_;
  if (due && !checkpointing_.in_progress()) freeze_folded(*batch);
  if (!is_following_) return Step::worked;
  followed_ = checkpoint_behind(*batch);
  periods_.go_behind(followed_.time);
  return Step::worked;
}

/// Where the next piece of `batch` ends: at what is recorded, or at what others will record. While
/// it catches up a node would write one checkpoint after the other, at outcomes that others passed
/// long ago.
Sequence PartitionProcessor::fold_end(const RecordBatch& batch) {
  const Sequence last{batch.last()};
  const Sequence until = witnesses_.empty() ? last : std::min(last, witnesses_.front());
  if (!is_following_ || folded_ < tail_.sequence) return until;
  const std::optional<Sequence> begins = periods_.beginning(batch, folded_, until);
  return begins ? period_began_ = *begins : until;
}

bool PartitionProcessor::wants_freeze() const {
  return parts_.rows->wants_freeze() || parts_.ids->wants_freeze();
}

/// A checkpoint in the middle of a long fold, at the last outcome of `batch`.
void PartitionProcessor::freeze_folded(const RecordBatch& batch) {
  const Checkpoint at = checkpoint_behind(batch);
  if (folded_ > rows_at_) freeze(at);
  else freeze_ids(at);  // the rows were ahead: only ids are being made good
}

Checkpoint PartitionProcessor::checkpoint_behind(const RecordBatch& batch) const {
  RecordView last = batch.last_record();
  if (Sequence{batch.last()} > folded_)
    for (const RecordView record : batch)
      if (Sequence{record.head.number} <= folded_) last = record;
  const envelope::Outcome& outcome = outcome_of(last.body);
  return checkpoint_at(folded_, {outcome.cause()}, {outcome.time()}, next_chain(last.body));
}

/// So that a start need not fold again what was followed for long.
bool PartitionProcessor::freeze_followed() {
  return interval_is_over() && freeze_now();
}

/// False while the clock is far behind the log (F2): not ready until it is set or confirmed.
bool PartitionProcessor::own() {
  if (!was_owned_ && !log_numbers_) {
    const Result<void> clock = stamp_.open(tail_.time, parts_.confirm_clock);
    trouble_ = clock ? "" : clock.error().detail;
    if (!clock) return false;
  }
  sequence_ = durable_ = tail_.sequence;
  decided_ = tail_.cause;
  chain_ = tail_.chain;
  last_time_ = tail_.time;
  if (sequence_ != Sequence{}) periods_.go_behind(last_time_);
  const Cause end = std::max(tail_.command, tail_.cause);
  last_cause_ = std::max(last_cause_, end);
  commands_end_ = std::max(commands_end_, end);
  if (!was_owned_) {
    durable_cause_ = end;
    frozen_at_ = std::max(frozen_at_, rows_at_);
    frozen_when_ns_ = parts_.clock->monotonic_ns();
    stats_.checkpoint_ns.set(static_cast<uint64_t>(frozen_when_ns_));
    stats_.checkpoint_sequence.set(frozen_at_.value);
  }
  was_owned_ = true;
  phase_ = Phase::owned;
  answer_adopted();
  publish_parked();
  publish();
  return true;
}

}  // namespace spate
