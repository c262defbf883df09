// Where requests go: to the owner's link, to the processor here, or into the queue of those that
// wait for an owner.
#include "engine/cluster/forwarder.hpp"

#include <algorithm>
#include <limits>

namespace spate {
namespace {

constexpr int64_t never_ns = std::numeric_limits<int64_t>::max();
/// Owners and links ring when something changes; this is for what rings nobody.
constexpr int64_t look_again_ns = 20'000'000;

RequestHead head_of(Bytes message) {
  RequestHead head;
  ENSURE(message.size() >= sizeof head);
  std::memcpy(&head, message.data(), sizeof head);
  return head;
}

/// Drops what is over; what is left is at most twice what is alive.
template <class Deadlines>
void drop_finished(Deadlines& deadlines, RequestTable& table) {
  const auto is_over = [&](const auto& d) { return table[d.place].arrival != d.arrival; };
  while (!deadlines.empty() && is_over(deadlines.front())) deadlines.pop_front();
  if (deadlines.size() > 2 * table.count() + 1024)
    deadlines.erase(std::remove_if(deadlines.begin(), deadlines.end(), is_over), deadlines.end());
}

}  // namespace

Forwarder::Forwarder(ForwarderParts parts, const ForwarderLimits& limits)
    : parts_(std::move(parts)),
      limits_(limits),
      own_(limits.own),
      served_(limits.served),
      places_(parts_.processor_of.size()),
      waiting_of_(places_.size()),
      stuck_in_(places_.size()),
      behind_in_(places_.size()),
      late_(parts_.edges.size()),
      rings_processor_(parts_.processors.size()),
      rings_edge_(parts_.edges.size()) {
  ENSURE(parts_.routes->count() == places_.size());
  for (uint32_t dense = 0; dense < places_.size(); ++dense)
    parts_.routes->set(dense, parts_.edge_mailbox);  // until an owner is known
}

Step Forwarder::step() {
  bool worked = follow_owners();
  worked |= take_requests();
  worked |= take_replies();
  worked |= take_published();
  worked |= send_waiting();
  expire();
  worked |= deliver_late();
  parts_.links->flush();
  ring();
  stats_.in_flight.set(own_.count() + served_.count());
  return worked ? Step::worked : Step::idle;
}

bool Forwarder::quiet() const {
  for (const Mailbox* edge : parts_.edges)
    if (edge->requests.bytes_queued() > 0) return false;
  for (const Handoff* handoff : parts_.handoffs)
    if (handoff->requests.bytes_queued() > 0) return false;
  return !wants_step();
}

bool Forwarder::follow_owners() {
  const uint64_t version = parts_.owners->version();  // before the owners: later changes are seen
  if (version == owners_seen_) return false;
  owners_seen_ = version;
  std::vector<bool> changed(places_.size());
  for (uint32_t dense = 0; dense < places_.size(); ++dense) {
    const Owner owner = parts_.owners->owner(dense);
    Place place{owner.where, 0};
    if (owner.where == Owner::Where::peer) place.peer = parts_.links->peer(owner.address);
    if (place == places_[dense]) continue;
    places_[dense] = place;
    changed[dense] = true;
    const bool here = place.where == Owner::Where::here;
    parts_.routes->set(dense, here ? parts_.processor_of[dense] : parts_.edge_mailbox);
  }
  move(changed);
  pass_now_ = true;
  return true;
}

/// What was sent to an owner that is none any more goes to the next: whether the first takes it or
/// the second, its id takes effect once.
void Forwarder::move(const std::vector<bool>& changed) {
  for (uint32_t place = 0; place < own_.size(); ++place) {
    PendingRequest& request = own_[place];
    if (request.arrival == 0 || !changed[request.head.partition]) continue;
    request.due_ns = request.back_off_ns = 0;
    const Place& to = places_[request.head.partition];
    const bool stays =
        request.at == At::waiting ||
        (request.at == At::home && to.where == Owner::Where::here) ||
        (request.at == At::peer && to.where == Owner::Where::nobody) ||
        (request.at == At::peer && to.where == Owner::Where::peer && to.peer == request.peer);
    if (stays) continue;
    request.unsure = true;
    wait(place, 0);
  }
  for (uint32_t place = 0; place < served_.size(); ++place) {
    const PendingRequest& request = served_[place];
    if (request.arrival == 0 || !changed[request.head.partition]) continue;
    if (places_[request.head.partition].where == Owner::Where::here) continue;
    ReplyHead lost;
    lost.answer = Answer::maybe_taken;
    serve_reply(place, lost, {});
  }
}

bool Forwarder::take_requests() {
  bool any = false;
  for (uint32_t edge = 0; edge < parts_.edges.size(); ++edge) {
    SpscRing& ring = parts_.edges[edge]->requests;
    for (; const auto message = ring.front(); ring.pop(), any = true)
      take(head_of(*message), message->subspan(sizeof(RequestHead)), edge);
  }
  for (Handoff* handoff : parts_.handoffs) {
    SpscRing& ring = handoff->requests;
    for (; const auto message = ring.front(); ring.pop(), any = true) {
      HandoffHead from;
      std::memcpy(&from, message->data(), sizeof from);
      const Bytes request = message->subspan(sizeof from);
      take(head_of(request), request.subspan(sizeof(RequestHead)), from.mailbox);
    }
  }
  return any;
}

void Forwarder::take(const RequestHead& head, Bytes body, uint32_t edge) {
  ENSURE(head.partition < places_.size() && edge < parts_.edges.size());
  if (!own_.has_room(body.size())) {
    ReplyHead refusal{head.ticket, {}, head.partition, Answer::overloaded};
    return deliver(edge, refusal, {});
  }
  const uint32_t place = own_.add(head, body, {false, edge, 0});
  const int64_t now_ns = now();
  own_[place].publish_ns = now_ns + (head.async ? 0 : limits_.publish_after_ns);
  own_deadlines_.push_back({now_ns + limits_.give_up_ns, place, own_[place].arrival});
  // Behind those that wait for the same partition: a stream's commands keep their order.
  if (waiting_of_[head.partition] > 0 || !send(place)) wait(place, 0);
}

/// False: its owner is not known or has no room now.
bool Forwarder::send(uint32_t place) {
  PendingRequest& request = own_[place];
  const Place& to = places_[request.head.partition];
  if (to.where == Owner::Where::nobody) return false;
  RequestHead head = request.head;
  head.ticket = own_.new_ticket(place);
  if (to.where == Owner::Where::here) {
    if (!send_home(head, request.body)) return false;
    request.at = At::home;
  } else {
    if (parts_.links->send(to.peer, head, request.body) != Links::Sent::yes) return false;
    request.at = At::peer;
    request.peer = to.peer;
  }
  stats_.sent.add();
  return true;
}

bool Forwarder::send_home(const RequestHead& head, Bytes body) {
  const uint32_t processor = parts_.processor_of[head.partition];
  SpscRing& ring = parts_.processors[processor]->requests;
  const std::size_t size = sizeof head + body.size();
  uint8_t* at = size > ring.message_bytes_max() ? nullptr : ring.begin(size);
  if (at == nullptr) return false;
  std::memcpy(at, &head, sizeof head);
  if (!body.empty()) std::memcpy(at + sizeof head, body.data(), body.size());
  ring.commit();
  rings_processor_[processor] = true;
  return true;
}

void Forwarder::wait(uint32_t place, int64_t due_ns) {
  PendingRequest& request = own_[place];
  request.at = At::waiting;
  request.due_ns = due_ns;
  waiting_.emplace(request.arrival, place);
  ++waiting_of_[request.head.partition];
  next_pass_ns_ = std::min(next_pass_ns_, due_ns > 0 ? due_ns : now() + look_again_ns);
}

/// In the order of arrival; of a partition whose first cannot go, none goes.
bool Forwarder::send_waiting() {
  const int64_t now_ns = now();
  if (waiting_.empty() || (!pass_now_ && now_ns < next_pass_ns_)) return false;
  pass_now_ = false;
  ++pass_;
  next_pass_ns_ = never_ns;
  bool any = false;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    const uint32_t place = it->second;
    const PendingRequest& request = own_[place];
    const uint32_t dense = request.head.partition;
    const bool due = request.due_ns <= now_ns;
    const bool in_log = request.unowned && publish(place);  // not sent to who will refuse it again
    const bool is_sent = !in_log && stuck_in_[dense] != pass_ && due && send(place);
    if (is_sent) stats_.sent_again.add();
    if (!in_log && !is_sent && !publish(place)) {
      if (request.head.ask == Ask::submit) behind_in_[dense] = pass_;
      if (stuck_in_[dense] != pass_)
        next_pass_ns_ = std::min(next_pass_ns_, due ? now_ns + look_again_ns : request.due_ns);
      stuck_in_[dense] = pass_;
      ++it;
      continue;
    }
    --waiting_of_[dense];
    it = waiting_.erase(it);
    any = true;
  }
  return any;
}

/// Decided by whoever owns the partition next; who asked is told that it is taken. Not before the
/// commands that came before it.
bool Forwarder::publish(uint32_t place) {
  PendingRequest& request = own_[place];
  const uint32_t dense = request.head.partition;
  const Place& to = places_[dense];
  const bool is_reached = to.where == Owner::Where::here ||
                          (to.where == Owner::Where::peer && parts_.links->is_up(to.peer));
  const bool has_owner = is_reached && !request.unowned;
  if (request.head.ask != Ask::submit || has_owner || now() < request.publish_ns ||
      behind_in_[dense] == pass_)
    return false;
  const PartitionId partition = parts_.log->topology().partitions()[dense];
  const uint64_t number = parts_.log->publish(partition, request.body);
  if (number == 0) return false;
  publishing_.emplace(number, own_.new_ticket(place));
  request.at = At::log;
  stats_.published.add();
  return true;
}

void Forwarder::expire() {
  const int64_t now_ns = now();
  drop_finished(own_deadlines_, own_);
  for (; !own_deadlines_.empty() && own_deadlines_.front().at_ns <= now_ns;
       drop_finished(own_deadlines_, own_)) {
    const uint32_t place = own_deadlines_.front().place;
    const PendingRequest& request = own_[place];
    ReplyHead late;
    late.answer = request.refused;
    if (request.head.ask == Ask::submit && (request.unsure || request.at != At::waiting))
      late.answer = Answer::maybe_taken;
    stats_.given_up.add();
    finish(place, late, {});
  }
  drop_finished(served_deadlines_, served_);
  for (; !served_deadlines_.empty() && served_deadlines_.front().at_ns <= now_ns;
       drop_finished(served_deadlines_, served_)) {
    ReplyHead late;
    late.answer = Answer::maybe_taken;
    serve_reply(served_deadlines_.front().place, late, {});
  }
}

}  // namespace spate
