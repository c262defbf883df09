// What comes back: answers to our edges and to other nodes, refusals that are tried again.
#include <algorithm>

#include "engine/cluster/forwarder.hpp"

namespace spate {

bool Forwarder::take_replies() {
  bool any = false;
  for (Mailbox* processor : parts_.processors) {
    for (; const auto message = processor->replies.front(); processor->replies.pop(), any = true) {
      ReplyHead head;
      ENSURE(message->size() >= sizeof head);
      std::memcpy(&head, message->data(), sizeof head);
      const Bytes body = message->subspan(reply_body_at);
      const bool is_served = (head.ticket & served_mark) != 0;
      const uint64_t ticket = head.ticket & ~served_mark;
      // A reply to an attempt that is over goes to nobody: another one is or was the answer.
      if (is_served && served_.find(ticket) != nullptr)
        serve_reply(RequestTable::place_of(ticket), head, body);
      else if (!is_served && own_.find(ticket) != nullptr)
        answered(RequestTable::place_of(ticket), head, body);
    }
  }
  return any;
}

bool Forwarder::take_published() {
  const auto told = parts_.log->published();
  for (const Log::Published& one : told) {
    const auto found = publishing_.find(one.number);
    if (found == publishing_.end()) continue;
    const uint64_t ticket = found->second;
    publishing_.erase(found);
    if (own_.find(ticket) == nullptr) continue;  // an owner was found meanwhile, or time is up
    const uint32_t place = RequestTable::place_of(ticket);
    own_[place].unsure = true;
    if (one.is_durable) finish(place, {0, {}, 0, Answer::pending}, {});
    else wait(place, 0);
  }
  return !told.empty();
}

void Forwarder::replied(PeerId from, const ReplyHead& head, Bytes body) {
  const PendingRequest* request = own_.find(head.ticket);
  if (request != nullptr && request->peer == from)
    answered(RequestTable::place_of(head.ticket), head, body);
}

void Forwarder::answered(uint32_t place, const ReplyHead& head, Bytes body) {
  switch (head.answer) {
    case Answer::outcome:
      return finish(place, head, body);
    case Answer::duplicate: {
      const ReplyHead found = whole(head, body);
      if (found.answer == Answer::outcome) return finish(place, found, body);
      return refused(place, found.answer);
    }
    case Answer::pending:
    case Answer::unknown:
      if (own_[place].at != At::waiting) finish(place, head, {});
      return;
    default:
      return refused(place, head.answer);
  }
}

void Forwarder::refused(uint32_t place, Answer answer) {
  PendingRequest& request = own_[place];
  if (request.at == At::waiting) return;  // by an owner that was left meanwhile
  request.refused = answer;
  request.unowned = answer != Answer::overloaded;  // of those that are waited out
  if (answer == Answer::maybe_taken) {
    request.unsure = true;
    request.refused = Answer::not_ready;
  }
  if (answer == Answer::stream_parked || answer == Answer::storage_full) {
    ReplyHead head;
    head.answer = request.unsure ? Answer::maybe_taken : answer;
    return finish(place, head, {});
  }
  request.back_off_ns = std::min(std::max(2 * request.back_off_ns, limits_.back_off_ns_min),
                                 limits_.back_off_ns_max);
  wait(place, now() + request.back_off_ns);
}

void Forwarder::writable(PeerId) { pass_now_ = true; }

void Forwarder::lost(PeerId to) {
  for (uint32_t place = 0; place < own_.size(); ++place) {
    PendingRequest& request = own_[place];
    if (request.arrival == 0 || request.at != At::peer || request.peer != to) continue;
    request.unsure = true;
    wait(place, 0);
  }
}

void Forwarder::finish(uint32_t place, ReplyHead head, Bytes body) {
  const PendingRequest& request = own_[place];
  if (request.at == At::waiting) {
    waiting_.erase(request.arrival);
    --waiting_of_[request.head.partition];
  }
  head.ticket = request.head.ticket;
  head.partition = request.head.partition;
  deliver(request.origin.edge, head, body);
  own_.remove(place);
}

void Forwarder::asked(LinkId from, const RequestHead& head, Bytes body) {
  ENSURE(head.partition < places_.size());
  const auto refuse = [&](Answer answer) {
    parts_.links->reply(from, {head.ticket, {}, head.partition, answer}, {});
  };
  // Not overloaded: it would never fit here. Of a node with more memory; the log brings it.
  const SpscRing& ring = parts_.processors[parts_.processor_of[head.partition]]->requests;
  const bool is_too_long = sizeof head + body.size() > ring.message_bytes_max();
  if (draining_ || places_[head.partition].where != Owner::Where::here || is_too_long)
    return refuse(Answer::not_ready);
  if (!served_.has_room(0)) return refuse(Answer::overloaded);
  const uint32_t place = served_.add(head, {}, {true, 0, from});
  RequestHead mine = head;
  mine.ticket = served_.new_ticket(place) | served_mark;
  if (!send_home(mine, body)) {
    served_.remove(place);
    return refuse(Answer::overloaded);
  }
  served_[place].at = At::home;
  served_deadlines_.push_back({now() + limits_.give_up_ns, place, served_[place].arrival});
  stats_.served.add();
}

void Forwarder::serve_reply(uint32_t place, const ReplyHead& head, Bytes body) {
  const PendingRequest& request = served_[place];
  ReplyHead reply = head.answer == Answer::duplicate ? whole(head, body) : head;
  reply.ticket = request.head.ticket;
  reply.partition = request.head.partition;
  parts_.links->reply(request.origin.link, reply, body);
  served_.remove(place);
}

/// Whoever asked need not read a log that is not its own.
ReplyHead Forwarder::whole(const ReplyHead& head, Bytes& body) {
  ReplyHead reply = head;
  reply.answer = Answer::maybe_taken;
  const PartitionId partition = parts_.log->topology().partitions()[head.partition];
  const auto batch = parts_.log->read(LogSide::outcomes, partition, head.sequence.value, 1);
  if (!batch || *batch == nullptr) return reply;
  read_ = *batch;
  for (const RecordView record : *read_) {
    if (record.head.number != head.sequence.value) continue;
    body = record.body;
    reply.answer = Answer::outcome;
    reply.replayed = true;
  }
  return reply;
}

void Forwarder::deliver(uint32_t edge, const ReplyHead& head, Bytes body) {
  if (late_[edge].empty() && put(edge, head, body)) return;
  LateReply late{head, {}};
  late.body.append(body);
  late_[edge].push_back(std::move(late));
  ++blocked_replies_;
}

bool Forwarder::put(uint32_t edge, const ReplyHead& head, Bytes body) {
  SpscRing& ring = parts_.edges[edge]->replies;
  if (reply_body_at + body.size() > ring.message_bytes_max()) {  // it would never fit
    ReplyHead without = head;
    without.answer = Answer::maybe_taken;
    return put(edge, without, {});
  }
  uint8_t* at = ring.begin(reply_body_at + body.size());
  if (at == nullptr) return false;
  std::memcpy(at, &head, sizeof head);
  if (!body.empty()) std::memcpy(at + reply_body_at, body.data(), body.size());
  ring.commit();
  rings_edge_[edge] = true;
  return true;
}

bool Forwarder::deliver_late() {
  if (blocked_replies_ == 0) return false;
  const std::size_t before = blocked_replies_;
  for (uint32_t edge = 0; edge < late_.size(); ++edge) {
    auto& late = late_[edge];
    for (; !late.empty() && put(edge, late.front().head, late.front().body); late.pop_front())
      --blocked_replies_;
  }
  return blocked_replies_ != before;
}

void Forwarder::ring() {
  for (std::size_t i = 0; i < rings_processor_.size(); ++i) {
    if (!rings_processor_[i]) continue;
    rings_processor_[i] = false;
    if (Bell* bell = parts_.processors[i]->processor_bell) bell->ring();
  }
  for (std::size_t i = 0; i < rings_edge_.size(); ++i) {
    if (!rings_edge_[i]) continue;
    rings_edge_[i] = false;
    if (Bell* bell = parts_.edges[i]->edge_bell) bell->ring();
  }
}

}  // namespace spate
