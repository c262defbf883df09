// After a conflict or an append of unknown fate: back to what is durable, acquire again, adopt what
// did happen (A4).
#include "engine/processor/partition_processor.hpp"

namespace spate {

/// What is not durable never happened. Rows and ids go back by their pre-images; the commands are
/// still in the log and are decided again under the new epoch, if it is ours.
Result<void> PartitionProcessor::revert() {
  take_back();
  while (phase_ != Phase::owned) {
    TRY(const Step step, recover());
    if (step != Step::worked) break;
  }
  return {};
}

void PartitionProcessor::take_back() {
  const bool cancelled = checkpointing_.cancel_beyond(durable_);
  const auto taken_back = replies_.revert_to(durable_);
  unanswered_.insert(unanswered_.end(), taken_back.begin(), taken_back.end());
  outcomes_.reset();
  unfinished_control_ = {};
  parts_.rows->revert_to(durable_);
  parts_.ids->revert_to(durable_);
  sequence_ = durable_;
  if (cancelled) frozen_at_ = std::max(rows_at_, checkpointing_.last_written());
  if (log_numbers_) leave_untaken();
  refuse_unread();
  phase_ = Phase::reclaiming;
}

/// The server ends, and nobody will say whether its rows are right: what is known to be durable is
/// told, the rest is left to whoever owns it next.
Step PartitionProcessor::leave_in_doubt() {
  if (!replies_.release(durable_cause_, durable_)) return Step::blocked;
  take_back();
  refuse_waiting();
  return Step::worked;
}

Result<Step> PartitionProcessor::reclaim() {
  const bool owes = !(unanswered_.empty() && finds_.empty());
  const auto leave_to_others = [this] {
    refuse_waiting();  // a new owner decides what is left
    return Step::worked;
  };
  if (draining_ && owes) return leave_to_others();
  TRY(const bool acquired, acquire());
  if (is_elsewhere_ && owes) return leave_to_others();
  if (!acquired && !(is_elsewhere_ && begin_following())) return Step::blocked;
  folded_ = durable_;
  phase_ = Phase::folding;
  return Step::worked;
}

/// Commands that the log had no room for. What it takes now is decided by whoever goes on; the rest
/// goes to them the other way.
void PartitionProcessor::leave_untaken() {
  if (!incoming_ || append_incoming()) return;
  untaken_.push_back(std::move(incoming_));
  hand_on_untaken();
}

/// As far as there is room. Who cannot be helped so is told that nothing was taken.
bool PartitionProcessor::hand_on_untaken() {
  bool any = false;
  for (; !untaken_.empty(); untaken_.pop_front(), handed_on_ = 0) {
    const RecordBatch& batch = *untaken_.front();
    std::size_t place = 0;
    for (const RecordView record : batch) {
      if (place++ < handed_on_) continue;
      const uint64_t claim = batch.tickets[place - 1];
      if (waiters_.waits(claim)) {
        const Waiter waiter = waiters_.at(claim);
        const RequestHead head{waiter.ticket, id_of(command_of(record.body).id()), parts_.dense,
                               Ask::submit, waiter.async, 0};
        const WayOn::Sent on = parts_.way_on == nullptr
                                   ? WayOn::Sent::never
                                   : parts_.way_on->send(head, record.body, waiter.mailbox);
        if (on == WayOn::Sent::full) return any;
        waiters_.take(claim);
        if (on == WayOn::Sent::never) replies_.now(waiter, Answer::not_ready);
      }
      handed_on_ = place;
      any = true;
    }
  }
  return any;
}

/// Commands that a log has not shown may be decided by another owner, out of our sight, or never
/// come, since sending one of them failed: who sent them asks again with the same id.
void PartitionProcessor::refuse_unread() {
  for (const uint64_t claim : unread_)
    if (waiters_.waits(claim)) replies_.now(waiters_.take(claim), Answer::maybe_taken);
  unread_.clear();
}

void PartitionProcessor::refuse_waiting() {
  for (const Replies::Pending& p : unanswered_)
    if (waiters_.waits(p.waiter)) replies_.now(waiters_.take(p.waiter), Answer::maybe_taken);
  unanswered_.clear();
  for (const Find& find : finds_) replies_.now(find.waiter, Answer::not_ready);
  finds_.clear();
}

/// Outcomes that did happen, by us under an unknown fate or by another owner, answer those who
/// still wait for their commands.
void PartitionProcessor::adopt(const RecordBatch& batch) {
  if (unanswered_.empty()) return;
  for (const RecordView record : batch)
    if (record.head.number > folded_.value)
      adopted_[outcome_of(record.body).cause()] = {record.head.number};
}

void PartitionProcessor::answer_adopted() {
  for (const Replies::Pending& p : unanswered_) {
    if (p.cause > decided_ || !waiters_.waits(p.waiter)) continue;  // decided again, or answered
    const auto found = adopted_.find(p.cause.value);
    if (found != adopted_.end())
      replies_.when_durable({sequence_, found->second, p.cause, p.waiter, p.replayed});
    else replies_.now(waiters_.take(p.waiter), Answer::maybe_taken);
  }
  unanswered_.clear();
  adopted_.clear();
}

}  // namespace spate
