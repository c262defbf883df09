// The nodes and processors that the kit plays, and answers as text.
#include "tests/engine/cluster/forwarder_kit.hpp"

namespace spate {
namespace {

const char* answer_name(Answer answer) {
  constexpr const char* names[] = {"outcome",       "duplicate", "pending",      "unknown",
                                   "overloaded",    "parked",    "storage_full", "not_ready",
                                   "shutting_down", "maybe_taken"};
  return names[static_cast<int>(answer)];
}

}  // namespace

const Ledger::Entry& Ledger::decide(CommandId id, bool& fresh) {
  const auto [found, added] = entries_.try_emplace(id);
  fresh = added;
  if (!added) return found->second;
  flatbuffers::FlatBufferBuilder builder;
  const envelope::Id wire(id.hi, id.lo);
  found->second.sequence = {entries_.size()};
  envelope::OutcomeBuilder outcome(builder);
  outcome.add_kind(envelope::Kind::accepted);
  outcome.add_sequence(entries_.size());
  outcome.add_id(&wire);
  builder.Finish(outcome.Finish());
  found->second.outcome.append({builder.GetBufferPointer(), builder.GetSize()});
  return found->second;
}

const Ledger::Entry* Ledger::at(Sequence sequence) const {
  for (const auto& [_, entry] : entries_)
    if (entry.sequence == sequence) return &entry;
  return nullptr;
}

ForwarderKit::ForwarderKit(ForwarderLimits limits, std::size_t ring_bytes)
    : log(ledger, log_topology({{"redemptions", partitions}})),
      processor(ring_bytes, ring_bytes),
      routes(std::vector<uint32_t>(partitions, 0)),
      owners(partitions) {
  for (uint32_t e = 0; e < edge_count; ++e)
    edges.push_back(std::make_unique<Mailbox>(ring_bytes, ring_bytes));
  ForwarderParts parts;
  for (auto& edge : edges) parts.edges.push_back(edge.get());
  parts.processors = {&processor};
  parts.handoffs = {&handoff};
  parts.edge_mailbox = forwarder_mailbox;
  parts.processor_of.assign(partitions, 0);
  parts.routes = &routes;
  parts.owners = &owners;
  parts.links = &links;
  parts.log = &log;
  parts.clock = &clock;
  forwarder = std::make_unique<Forwarder>(parts, limits);
}

void ForwarderKit::own(uint32_t dense, const std::string& who) {
  if (who.empty()) owners.set(dense, {});
  else if (who == "here") owners.set(dense, {Owner::Where::here, {}});
  else owners.set(dense, {Owner::Where::peer, who});
}

uint64_t ForwarderKit::ask(uint32_t dense, uint64_t n, Ask what, uint32_t edge, bool handed_on) {
  const RequestHead head{++ticket_, id(n), dense, what, false, 0};
  const std::string body = what == Ask::submit ? "wish " + std::to_string(n) : std::string();
  const HandoffHead from{edge};
  const std::size_t extra = handed_on ? sizeof from : 0;
  SpscRing& ring = handed_on ? handoff.requests : edges[edge]->requests;
  uint8_t* at = ring.begin(extra + sizeof head + body.size());
  ENSURE(at != nullptr);
  if (handed_on) std::memcpy(at, &from, sizeof from);
  std::memcpy(at + extra, &head, sizeof head);
  std::memcpy(at + extra + sizeof head, body.data(), body.size());
  ring.commit();
  return ticket_;
}

std::optional<ForwarderKit::Got> ForwarderKit::reply(uint32_t edge) {
  SpscRing& ring = edges[edge]->replies;
  const auto message = ring.front();
  if (!message) return std::nullopt;
  Got got;
  std::memcpy(&got.head, message->data(), sizeof got.head);
  got.body.append(message->subspan(reply_body_at));
  ring.pop();
  return got;
}

std::string ForwarderKit::answers(uint32_t edge) {
  std::string text;
  while (const auto got = reply(edge)) {
    if (!text.empty()) text += ", ";
    text += std::to_string(got->head.ticket) + " " + answer_name(got->head.answer);
    if (got->head.answer == Answer::outcome)
      text += " of " + std::to_string(id_of(outcome_of(got->body).id()).lo);
    if (got->head.replayed) text += " replayed";
  }
  return text;
}

std::optional<HeldLinks::Request> ForwarderKit::taken_from(std::string_view address) {
  const PeerId peer = links.peer(address);
  for (auto it = links.sent.begin(); it != links.sent.end(); ++it) {
    if (it->to != peer) continue;
    HeldLinks::Request request = std::move(*it);
    links.sent.erase(it);
    return request;
  }
  return std::nullopt;
}

void ForwarderKit::node_decides(std::string_view address) {
  const auto request = taken_from(address);
  ENSURE(request.has_value());
  bool fresh = false;
  const Ledger::Entry& entry = ledger.decide(request->head.id, fresh);
  forwarder->replied(request->to,
                     {request->head.ticket, entry.sequence, request->head.partition,
                      Answer::outcome, !fresh, 0},
                     entry.outcome);
  step();
}

void ForwarderKit::node_answers(std::string_view address, Answer answer) {
  const auto request = taken_from(address);
  ENSURE(request.has_value());
  forwarder->replied(request->to, {request->head.ticket, {}, request->head.partition, answer}, {});
  step();
}

bool ForwarderKit::node_refuses(std::string_view address) {
  const auto request = taken_from(address);
  if (!request) return false;
  forwarder->replied(request->to,
                     {request->head.ticket, {}, request->head.partition, Answer::not_ready}, {});
  return true;
}

bool ForwarderKit::taken_here_refused() {
  const auto head = taken_here();
  if (!head) return false;
  put_reply({head->ticket, {}, head->partition, Answer::not_ready}, {});
  return true;
}

std::optional<RequestHead> ForwarderKit::taken_here() {
  const auto message = processor.requests.front();
  if (!message) return std::nullopt;
  RequestHead head;
  std::memcpy(&head, message->data(), sizeof head);
  processor.requests.pop();
  return head;
}

void ForwarderKit::put_reply(const ReplyHead& head, Bytes body) {
  uint8_t* at = processor.replies.begin(reply_body_at + body.size());
  ENSURE(at != nullptr);
  std::memcpy(at, &head, sizeof head);
  if (!body.empty()) std::memcpy(at + reply_body_at, body.data(), body.size());
  processor.replies.commit();
}

void ForwarderKit::processor_decides() {
  step();
  const auto head = taken_here();
  ENSURE(head.has_value());
  bool fresh = false;
  const Ledger::Entry& entry = ledger.decide(head->id, fresh);
  const Answer answer = fresh ? Answer::outcome : Answer::duplicate;
  // Not marked as replayed, as after a revert: that it is by reference says as much.
  put_reply({head->ticket, entry.sequence, head->partition, answer, false, 0},
            fresh ? Bytes(entry.outcome) : Bytes());
  step();
}

void ForwarderKit::processor_answers(Answer answer) {
  step();
  const auto head = taken_here();
  ENSURE(head.has_value());
  put_reply({head->ticket, {}, head->partition, answer}, {});
  step();
}

}  // namespace spate
