// Answers in order, bodies copied straight from the batch that was made durable.
#include "engine/processor/replies.hpp"

namespace spate {

uint64_t WaiterTable::add(const Waiter& waiter) {
  if (free_.empty()) {
    free_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const uint64_t place = free_.back();
  free_.pop_back();
  Slot& slot = slots_[place];
  slot.waiter = waiter;
  slot.claim = ++slot.uses << 32 | place;
  return slot.claim;
}

Waiter WaiterTable::take(uint64_t claim) {
  ENSURE(waits(claim));
  Slot& slot = slots_[claim & place_mask];
  slot.claim = 0;
  free_.push_back(claim & place_mask);
  return slot.waiter;
}

void Replies::when_command_durable(Cause cause, uint64_t waiter) {
  async_.push_back({cause, waiter});
}

void Replies::when_durable(const Pending& pending) {
  pending_.push_back(pending);
  repeats_ += pending.repeat;
}

void Replies::now(const Waiter& waiter, Answer answer) {
  direct_.push_back({waiter, answer, {}, false});
}

void Replies::repeat_now(const Waiter& waiter, Answer answer, Sequence first) {
  direct_.push_back({waiter, answer, first, true});
  ++repeats_;
}

void Replies::keep(BatchPtr outcomes) {
  if (kept_.empty()) cursor_ = outcomes->begin();
  kept_.push_back(std::move(outcomes));
}

Bytes Replies::body_of(Sequence sequence) {
  while (!kept_.empty() && kept_.front()->last() < sequence.value) {
    kept_.pop_front();
    if (!kept_.empty()) cursor_ = kept_.front()->begin();
  }
  if (kept_.empty() || kept_.front()->first() > sequence.value) return {};
  if ((*cursor_).head.number > sequence.value) cursor_ = kept_.front()->begin();
  while ((*cursor_).head.number < sequence.value) ++cursor_;
  return (*cursor_).body;
}

/// It would wait for room that never comes.
bool Replies::is_too_long(const Waiter& waiter, Bytes body) const {
  return reply_body_at + body.size() > mailboxes_[waiter.mailbox]->replies.message_bytes_max();
}

bool Replies::send(const Waiter& waiter, Answer answer, Sequence sequence, bool replayed,
                   Bytes body) {
  Mailbox& mailbox = *mailboxes_[waiter.mailbox];
  uint8_t* at = mailbox.replies.begin(reply_body_at + body.size());
  if (at == nullptr) return false;
  ReplyHead head;
  head.ticket = waiter.ticket;
  head.sequence = sequence;
  head.partition = partition_;
  head.answer = answer;
  head.replayed = replayed;
  std::memcpy(at, &head, sizeof head);
  if (!body.empty()) std::memcpy(at + reply_body_at, body.data(), body.size());
  mailbox.replies.commit();
  return true;
}

bool Replies::release(Cause cause, Sequence sequence) {
  for (; !direct_.empty(); direct_.pop_front()) {
    const Direct& d = direct_.front();
    if (!send(d.waiter, d.answer, d.first, d.repeat, {})) return false;
    repeats_ -= d.repeat;
  }
  for (; !async_.empty() && async_.front().cause <= cause; async_.pop_front()) {
    if (!send(waiters_.at(async_.front().waiter), Answer::pending, {}, false, {})) return false;
    waiters_.take(async_.front().waiter);
  }
  for (; !pending_.empty() && pending_.front().at <= sequence; pending_.pop_front()) {
    const Pending& p = pending_.front();
    if (!waiters_.waits(p.waiter)) {  // answered already: decided again after a revert
      repeats_ -= p.repeat;
      continue;
    }
    Bytes body = p.at == p.answer ? body_of(p.answer) : Bytes{};
    if (is_too_long(waiters_.at(p.waiter), body)) body = {};  // the edge reads it from the log
    const Answer answer = body.data() == nullptr ? Answer::duplicate : Answer::outcome;
    if (!send(waiters_.at(p.waiter), answer, p.answer, p.replayed, body)) return false;
    waiters_.take(p.waiter);
    repeats_ -= p.repeat;
  }
  while (!kept_.empty() && kept_.front()->last() <= sequence.value &&
         (pending_.empty() || pending_.front().at.value > kept_.front()->last())) {
    kept_.pop_front();
    if (!kept_.empty()) cursor_ = kept_.front()->begin();
  }
  return true;
}

std::vector<Replies::Pending> Replies::revert_to(Sequence sequence) {
  auto first = pending_.begin();
  while (first != pending_.end() && first->at <= sequence) ++first;
  std::vector<Pending> taken_back(first, pending_.end());
  pending_.erase(first, pending_.end());
  for (const Pending& p : taken_back) repeats_ -= p.repeat;
  while (!kept_.empty() && kept_.back()->last() > sequence.value) kept_.pop_back();
  if (!kept_.empty()) cursor_ = kept_.front()->begin();
  return taken_back;
}

}  // namespace spate
