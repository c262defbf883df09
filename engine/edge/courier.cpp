// Tickets: generation in the upper half, slot in the lower, so a late reply cannot meet a new
// owner.
#include "engine/edge/courier.hpp"

#include "engine/base/ensure.hpp"

namespace spate::edge {

Courier::Courier(std::vector<Mailbox*> mailboxes, const MailboxRoutes& routes,
                 const EdgeLimits& limits)
    : mailboxes_(std::move(mailboxes)),
      routes_(routes),
      in_flight_max_(limits.in_flight_commands_max),
      replays_waiting_max_(limits.replays_waiting_max),
      command_bytes_max_(limits.command_bytes_max),
      rings_(mailboxes_.size()) {}

Courier::Sent Courier::submit(const Letter& letter, Bytes body, uint64_t& ticket) {
  if (body.size() > command_bytes_max_) return Sent::too_large;
  if (submitted_ >= in_flight_max_) return Sent::full;
  return send(letter, Ask::submit, body, ticket);
}

Courier::Sent Courier::find(const Letter& letter, uint64_t& ticket) {
  if (asked_ >= in_flight_max_) return Sent::full;
  return send(letter, Ask::find, {}, ticket);
}

Courier::Sent Courier::send(const Letter& letter, Ask ask, Bytes body, uint64_t& ticket) {
  const uint32_t box = routes_.at(letter.partition);
  SpscRing& ring = mailboxes_[box]->requests;
  const std::size_t size = sizeof(RequestHead) + body.size();
  if (size > ring.message_bytes_max()) return Sent::too_large;
  uint8_t* at = ring.begin(size);
  if (at == nullptr) return Sent::full;

  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot = {letter.recipient, letter.tag, slot.generation, letter.partition,
          box,              true,       ask == Ask::submit, letter.patient};
  ticket = uint64_t{slot.generation} << 32 | index;
  (slot.is_submit ? submitted_ : asked_) += 1;

  const RequestHead head{ticket, letter.id, letter.partition, ask, letter.async, 0};
  std::memcpy(at, &head, sizeof head);
  if (!body.empty()) std::memcpy(at + sizeof head, body.data(), body.size());
  ring.commit();
  rings_[box] = true;
  wants_ring_ = true;
  return Sent::yes;
}

bool Courier::has_credit() const {
  if (submitted_ >= in_flight_max_) return false;
  for (const Mailbox* mailbox : mailboxes_)
    if (mailbox->requests.bytes_queued() > mailbox->requests.capacity_bytes() / 2) return false;
  return true;
}

Courier::Slot* Courier::slot_of(uint64_t ticket) {
  const auto index = static_cast<uint32_t>(ticket);
  if (index >= slots_.size()) return nullptr;
  Slot& slot = slots_[index];
  return slot.busy && slot.generation == ticket >> 32 ? &slot : nullptr;
}

bool Courier::has_moved(uint64_t ticket) {
  const Slot* slot = ticket == 0 ? nullptr : slot_of(ticket);
  return slot != nullptr && routes_.at(slot->partition) != slot->box;
}

void Courier::forget(uint64_t ticket) {
  if (Slot* slot = ticket == 0 ? nullptr : slot_of(ticket)) slot->recipient = nullptr;
}

bool Courier::poll() {
  bool any = false;
  for (Mailbox* mailbox : mailboxes_) {
    while (const auto message = mailbox->replies.front()) {
      any = true;
      deliver(*message);
      mailbox->replies.pop();
    }
  }
  return any;
}

void Courier::deliver(Bytes message) {
  ReplyHead head;
  ENSURE(message.size() >= sizeof head);
  std::memcpy(&head, message.data(), sizeof head);
  Slot* slot = slot_of(head.ticket);
  ENSURE(slot != nullptr);  // exactly one reply per ticket
  (slot->is_submit ? submitted_ : asked_) -= 1;
  const auto index = static_cast<uint32_t>(head.ticket);
  const bool must_be_read = head.answer == Answer::duplicate && slot->recipient != nullptr;
  if (must_be_read && (slot->patient || replays_.size() < replays_waiting_max_))
    return replays_.push_back(head);
  if (must_be_read) {
    head.answer = Answer::overloaded;
    head.replayed = true;
  }
  finish(index, head, message.subspan(reply_body_at));
}

void Courier::replay(std::size_t max) {
  while (max > 0 && !replays_.empty()) {
    const ReplyHead head = replays_.front();
    replays_.pop_front();
    if (slot_of(head.ticket)->recipient != nullptr) --max;
    finish(static_cast<uint32_t>(head.ticket), head, {});
  }
}

void Courier::finish(uint32_t index, const ReplyHead& head, Bytes body) {
  Slot& slot = slots_[index];
  Recipient* recipient = slot.recipient;
  const uint64_t tag = slot.tag;
  slot.busy = false;
  slot.recipient = nullptr;
  ++slot.generation;
  free_.push_back(index);
  if (recipient != nullptr) recipient->delivered(tag, head, body);
}

void Courier::ring() {
  if (!wants_ring_) return;
  wants_ring_ = false;
  for (std::size_t i = 0; i < mailboxes_.size(); ++i) {
    if (!rings_[i]) continue;
    rings_[i] = false;
    if (mailboxes_[i]->processor_bell != nullptr) mailboxes_[i]->processor_bell->ring();
  }
}

}  // namespace spate::edge
