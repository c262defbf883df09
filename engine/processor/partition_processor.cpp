// The loop of one partition on one page: sequence, decide, append, settle, checkpoint.
#include "engine/processor/partition_processor.hpp"

namespace spate {

PartitionProcessor::PartitionProcessor(const PartitionParts& parts, const ProcessorLimits& limits,
                                       WaiterTable& waiters, std::span<Mailbox* const> mailboxes)
    : parts_(parts),
      limits_(limits),
      log_numbers_(parts.log->numbering() == Numbering::log),
      waiters_(waiters),
      replies_(parts.dense, waiters, mailboxes),
      stamp_(*parts.clock),
      fold_(*parts.domain->handler, *parts.rows, *parts.ids),
      decider_(*parts.domain->handler, limits.outcome_bytes_max),
      checkpointing_(*parts.rows, *parts.ids),
      periods_(limits.common_period_ns) {}

Result<Step> PartitionProcessor::step() {
  const bool handed_on = hand_on_untaken();
  Rows judged = judged_.load(std::memory_order_acquire);
  if (judged == Rows::in_doubt && draining_) judged = Rows::left_in_doubt;
  if (phase_ != Phase::owned) {
    // What was durable before it was lost leaves as its readers make room; who asks is told that it
    // is not ready.
    replies_.release(durable_cause_, durable_);
    return judged == Rows::right ? recover() : stand(judged);
  }
  if (judged == Rows::wrong) return stop("state_differs", why_judged());
  if (judged == Rows::in_doubt) return Step::blocked;
  if (judged == Rows::left_in_doubt) return leave_in_doubt();
  const bool sequenced = append_incoming();
  TRY(const bool decided, decide_batch());
  TRY(const bool settled, settle());
  const bool checkpointed = checkpoint();
  if (handed_on || sequenced || decided || settled || checkpointed) {
    publish();
    return Step::worked;
  }
  return quiet() ? Step::idle : Step::blocked;
}

/// What has become durable leaves: answers, pre-images, a frozen checkpoint.
Result<bool> PartitionProcessor::settle() {
  const Progress progress = parts_.log->poll(parts_.id);
  if (progress.fate != Progress::Fate::durable) {
    TRY(revert());
    return true;
  }
  if (std::exchange(commands_failed_, progress.commands_failed) != progress.commands_failed)
    refuse_unread();
  const bool moved = progress.sequence > durable_ || progress.cause > durable_cause_;
  if (progress.sequence > durable_) {
    durable_ = progress.sequence;
    parts_.rows->settle(durable_);
    parts_.ids->settle(durable_);
  }
  durable_cause_ = progress.cause;
  TRY(answer_finds(progress));
  const std::size_t owed = replies_.pending();
  replies_.release(durable_cause_, durable_);
  release_checkpoint();
  return moved || replies_.pending() != owed;
}

/// A question is answered once all that was in the command log when it came is decided (A3).
Result<void> PartitionProcessor::answer_finds(const Progress& progress) {
  for (; !finds_.empty(); finds_.pop_front()) {
    Find& find = finds_.front();
    if (find.asked > progress.asked) {
      if (!draining_) break;
      replies_.now(find.waiter, Answer::not_ready);  // an end does not wait for who may be away
      continue;
    }
    if (find.asked != 0) find = {progress.end, 0, find.id, find.waiter};
    if (find.upto > decided_) break;
    TRY(const auto known, parts_.ids->find(find.id));
    if (known)
      replies_.when_durable({sequence_, known->sequence, {}, waiters_.add(find.waiter), true});
    else replies_.now(find.waiter, Answer::unknown);
  }
  return {};
}

bool PartitionProcessor::checkpoint() {
  if (checkpointing_.in_progress()) {
    if (!checkpointing_.finish()) return false;
    stats_.checkpoint_sequence.set(checkpointing_.last_written().value);
    return true;
  }
  if (sequence_ == frozen_at_) {  // ids that were folded again may be more than the rows knew
    if (!parts_.ids->wants_freeze()) return false;
    freeze_ids(checkpoint_now());
    return true;
  }
  const bool due = sequence_ == period_began_ || interval_is_over();
  if (!due && !parts_.rows->wants_freeze() && !parts_.ids->wants_freeze()) return false;
  return freeze_now();
}

bool PartitionProcessor::interval_is_over() const {
  const int64_t interval = limits_.checkpoint_interval_ns;
  const int64_t later = periods_.are_kept() ? interval / 4 : 0;
  return parts_.clock->monotonic_ns() - frozen_when_ns_ - later >= interval;
}

bool PartitionProcessor::freeze_now() {
  if (judged_.load(std::memory_order_relaxed) != Rows::right) return false;
  if (is_following_ && phase_ == Phase::folding) {
    const bool is_new = followed_.sequence == folded_ && folded_ > std::max(frozen_at_, rows_at_);
    if (!is_new || checkpointing_.in_progress()) return false;
    freeze(followed_);
    return true;
  }
  if (phase_ != Phase::owned || checkpointing_.in_progress() || sequence_ == frozen_at_)
    return false;
  freeze(checkpoint_now());
  return true;
}

Checkpoint PartitionProcessor::checkpoint_now() const {
  return checkpoint_at(sequence_, std::max(decided_, unfinished_control_), last_time_, chain_);
}

void PartitionProcessor::freeze(const Checkpoint& at) {
  checkpointing_.freeze(at);
  frozen_at_ = at.sequence;
  frozen_when_ns_ = parts_.clock->monotonic_ns();
  stats_.checkpoint_ns.set(static_cast<uint64_t>(frozen_when_ns_));
  release_checkpoint();
}

void PartitionProcessor::freeze_ids(const Checkpoint& at) {
  checkpointing_.freeze_ids(at);
  release_checkpoint();
}

/// Hands it over as soon as all of it is durable.
void PartitionProcessor::release_checkpoint() {
  if (checkpointing_.release(durable_) && parts_.checkpointer != nullptr)
    parts_.checkpointer->ring();
}

Checkpoint PartitionProcessor::checkpoint_at(Sequence sequence, Cause cause, Instant time,
                                             uint64_t chain) const {
  Checkpoint at;
  at.log = parts_.log->identity();
  at.epoch = epoch_;
  at.sequence = sequence;
  at.cause = cause;
  at.time = time;
  at.chain = chain;
  at.schema_digest = parts_.row_schema_digest;
  at.logic_version = parts_.domain->handler->evolve_version;
  return at;
}

bool PartitionProcessor::quiet() const {
  if (!untaken_.empty()) return false;
  // Whether it is ever owned is not ours to say (the log, F2); a fold is made again at next start.
  if (draining_ && phase_ != Phase::owned)
    return unanswered_.empty() && finds_.empty() && replies_.idle() &&
           !checkpointing_.in_progress();
  return phase_ == Phase::owned && !incoming_ && !outcomes_ && decided_ == last_cause_ &&
         unread_.empty() && durable_ == sequence_ && replies_.idle() && finds_.empty() &&
         !checkpointing_.in_progress();
}

std::string PartitionProcessor::name() const {
  return std::string(parts_.domain->name) + "/" + std::to_string(parts_.id.index);
}

std::string PartitionProcessor::state_text() const {
  if (!why_judged().empty()) return why_judged();
  if (!trouble_.empty()) return trouble_;
  if (!unreadable_.empty()) return unreadable_;
  if (phase_ == Phase::opening || phase_ == Phase::acquired) return "opening";
  if (phase_ == Phase::reclaiming) return "to be acquired again";
  if (phase_ == Phase::folding)
    return "recovering: outcome " + std::to_string(folded_.value) + " of " +
           std::to_string(tail_.sequence.value);
  return "ready";
}

void PartitionProcessor::publish_parked() {
  row_key(stream_table, {}, {}, key_);
  const Bytes stored = parts_.rows->find(key_);
  PartitionRow row;
  if (stored.data() != nullptr) std::memcpy(&row, stored.data(), sizeof row);
  stats_.parked_streams.set(row.parked_streams);
  stats_.parked_commands.set(row.parked_commands);
}

void PartitionProcessor::publish() {
  stats_.cause.set(last_cause_.value);
  stats_.decided.set(decided_.value);
  stats_.sequence.set(sequence_.value);
  stats_.durable.set(durable_.value);
  stats_.replies_pending.set(replies_.pending());
  stats_.dirty_bytes.set(parts_.rows->dirty_bytes());
  if (durable_ == sequence_ && decided_ == last_cause_) stats_.oldest_undecided_ns.set(0);
  else if (durable_ > published_durable_ || stats_.oldest_undecided_ns.get() == 0)
    stats_.oldest_undecided_ns.set(static_cast<uint64_t>(last_time_.ns));
  published_durable_ = durable_;
}

}  // namespace spate
