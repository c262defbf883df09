// Single commands: submit, wait, answer once; look-ups of what became of one.
#include "engine/edge/commands.hpp"

#include <algorithm>
#include <iterator>

#include "engine/base/text.hpp"

namespace spate::edge {
namespace {

constexpr std::string_view command_example =
    "curl -X POST -H 'Content-Type: application/json' -d '{}' http://HOST/v1/DOMAIN/STREAM/COMMAND";

/// What headers and query say about one command; all their faults at once.
struct Heads {
  std::optional<std::string> key;
  std::optional<uint64_t> expected_version;
  Preferences prefer;
  WireFaults faults;

  void add(std::optional<Problem> problem) { gather(std::move(problem), faults); }
};

Heads read_heads(const Request& request, const EdgeLimits& limits) {
  Heads heads;
  Parameters parameters;
  heads.add(split_query(request.query, parameters));
  for (const auto& [name, _] : parameters) heads.add(bad_parameter(name, "is not known here"));
  heads.add(read_idempotency_key(request, heads.key));
  heads.add(read_prefer(request, limits, heads.prefer));
  heads.add(read_if_match(request, heads.expected_version));
  return heads;
}

std::string location_of(const DomainPlan& domain, std::string_view stream, const CommandId& id) {
  return "/v1/" + domain.name + "/" + percent_encoded(stream) + "/commands/" + to_hex(id);
}

std::string_view refusal_code(Answer answer) {
  switch (answer) {
    case Answer::overloaded:
      return "overloaded";
    case Answer::stream_parked:
      return "stream_parked";
    case Answer::storage_full:
      return "storage_full";
    case Answer::shutting_down:
      return "shutting_down";
    default:
      return "not_ready";
  }
}

}  // namespace

Problem refusal(Answer answer, bool decided_before) {
  const std::string_view code = refusal_code(answer);
  if (answer == Answer::overloaded && decided_before)
    return unavailable(code,
                       "this command was decided before, and too many ask for stored answers now; "
                       "send it again with the same idempotency key",
                       "unknown");
  if (answer == Answer::maybe_taken)
    return unavailable(code,
                       "the owner of this stream changed: it is not known whether the command was "
                       "taken; send it again with the same idempotency key",
                       "unknown");
  return unavailable(code, std::string(find_problem_kind(code)->meaning), "no");
}

void Commands::take(Exchange&& exchange, Route&& route, const Request& request) {
  // An empty body is `{}`: nothing is declared about nothing.
  if (!request.body.empty() || request.find("Content-Type") != nullptr)
    if (auto problem = check_media_type(request, json_type, command_example))
      return edge_.fail(exchange, *problem);
  Heads heads = read_heads(request, edge_.limits);
  std::string minted;
  if (!heads.key) minted = minted_key(edge_.context.clock.wall());
  FieldFaults body_faults;
  const Wish wish{route.domain,          route.command,
                  route.stream,          heads.key ? *heads.key : minted,
                  request.body,          exchange.trace.traceparent,
                  heads.expected_version};
  const auto record = edge_.make_record(wish, body_faults);
  for (FieldFault& f : body_faults)
    heads.faults.push_back({WireFault::Place::pointer, std::move(f.pointer), std::move(f.detail)});
  if (!heads.faults.empty()) return edge_.fail(exchange, malformed(std::move(heads.faults)));
  ENSURE(record.has_value());
  if (edge_.draining) return edge_.fail(exchange, refusal(Answer::shutting_down));

  const uint32_t index = claim();
  Waiting& w = waiting_[index];
  const int64_t wait_ms = heads.prefer.wait_ms.value_or(edge_.limits.wait_ms_default);
  w.exchange = std::move(exchange);
  w.domain = route.domain;
  w.command = route.command;
  w.stream = std::move(route.stream);
  w.minted_key = std::move(minted);
  w.applied = std::move(heads.prefer.applied);
  w.id = record->id;
  w.dense = record->dense;
  w.deadline_ns = w.exchange.started_ns + wait_ms * ms_ns;
  submit(index, heads.prefer.respond_async || wait_ms == 0, record->body);
}

void Commands::submit(uint32_t index, bool async, Bytes body) {
  Waiting& w = waiting_[index];
  w.phase = Phase::deciding;
  w.async = async;
  w.asks = false;
  const Courier::Letter letter{w.dense, w.id, async, false, this,
                               uint64_t{w.generation} << 32 | index};
  switch (edge_.courier.submit(letter, body, w.submit_ticket)) {
    case Courier::Sent::yes:
      return;
    case Courier::Sent::full:
      return answer_refusal(index, Answer::overloaded);
    case Courier::Sent::too_large:
      return give_up(index, edge_.command_too_large(body.size()));
  }
}

void Commands::look_up(Exchange&& exchange, Route&& route, const Request& request) {
  Heads heads;
  Parameters parameters;
  heads.add(split_query(request.query, parameters));
  heads.add(read_prefer(request, edge_.limits, heads.prefer));
  std::string source;
  for (auto& [name, value] : parameters) {
    if (name == "key" && route.resource == Resource::command_by_key)
      heads.key = value;
    else if (name == "source" && route.resource == Resource::command_by_key)
      source = value;
    else
      heads.add(bad_parameter(name, "is not known here"));
  }
  CommandId id;
  if (route.resource == Resource::command_by_id) {
    from_hex(route.key, id);
  } else if (!heads.key) {
    heads.add(
        bad_parameter("key", "is needed: …/commands?key=K, the Idempotency-Key that was sent"));
  } else {
    if (!is_command_key(*heads.key)) heads.add(bad_parameter("key", std::string(key_rule)));
    id = command_id(source, route.domain->name, route.stream, *heads.key);
  }
  if (!heads.faults.empty()) return edge_.fail(exchange, malformed(std::move(heads.faults)));
  if (waiting_count_ >= 2 * edge_.limits.in_flight_commands_max)
    return edge_.fail(exchange, unavailable("overloaded", "too many requests are waiting"));

  const uint32_t index = claim();
  Waiting& w = waiting_[index];
  w.phase = Phase::looking;
  w.exchange = std::move(exchange);
  w.domain = route.domain;
  w.command = nullptr;
  w.stream = std::move(route.stream);
  w.minted_key.clear();
  w.applied = std::move(heads.prefer.applied);
  w.id = id;
  w.dense = edge_.locate(*w.domain, w.stream, id).dense;
  w.deadline_ns = edge_.now_ns() + heads.prefer.wait_ms.value_or(0) * ms_ns;
  w.until_ns = edge_.now_ns() + edge_.limits.fate_ms_max * ms_ns;
  ask(index);
}

uint32_t Commands::claim() {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(waiting_.size()));
    waiting_.emplace_back();
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  ++waiting_count_;
  waiting_[index].submit_ticket = waiting_[index].find_ticket = 0;
  return index;
}

void Commands::release(uint32_t index) {
  Waiting& w = waiting_[index];
  edge_.courier.forget(w.submit_ticket);
  edge_.courier.forget(w.find_ticket);
  w.phase = Phase::free;
  ++w.generation;
  w.exchange.reply.sink.reset();
  free_.push_back(index);
  --waiting_count_;
}

void Commands::ask(uint32_t index) {
  Waiting& w = waiting_[index];
  const Courier::Letter letter{w.dense, w.id, false, false, this,
                               uint64_t{w.generation} << 32 | index};
  if (edge_.courier.find(letter, w.find_ticket) == Courier::Sent::yes) return;
  w.find_ticket = 0;  // no room now: the next tick asks again
  if (w.phase == Phase::looking && edge_.now_ns() >= w.deadline_ns)
    give_up(index, unavailable("overloaded", "too many questions are under way"));
}

void Commands::delivered(uint64_t tag, const ReplyHead& head, Bytes body) {
  const auto index = static_cast<uint32_t>(tag);
  Waiting& w = waiting_[index];
  ENSURE(w.phase != Phase::free && w.generation == tag >> 32);
  const bool answers_submit = w.submit_ticket == head.ticket;
  (answers_submit ? w.submit_ticket : w.find_ticket) = 0;
  switch (head.answer) {
    case Answer::outcome:
    case Answer::duplicate:
      return answer_outcome(index, head, body);
    case Answer::pending:
      // Asked after a move: only who wanted no more than this is content with it.
      if (!answers_submit && w.phase == Phase::deciding && !w.async) return;
      return on_pending(index);
    case Answer::unknown:
      return on_unknown(index);
    default:
      return on_refused(index, head, answers_submit);
  }
}

void Commands::on_refused(uint32_t index, const ReplyHead& head, bool answers_submit) {
  Waiting& w = waiting_[index];
  const Answer refused = head.answer;
  // A refused question says nothing about the command that was submitted before.
  if (!answers_submit && w.phase != Phase::looking) return;
  if (refused == Answer::maybe_taken && w.phase == Phase::asking) return;
  // A question that met a move is put again, by tick, to whoever owns the partition by then.
  const bool met_a_move = refused == Answer::not_ready || refused == Answer::maybe_taken;
  if (!answers_submit && met_a_move && edge_.now_ns() < w.until_ns && !edge_.draining) return;
  if (refused == Answer::maybe_taken && w.phase == Phase::deciding)
    w.asks = true;  // by tick: the new owner knows
  else answer_refusal(index, refused, head.replayed);
}

void Commands::on_pending(uint32_t index) {
  Waiting& w = waiting_[index];
  if (w.phase == Phase::looking && edge_.now_ns() < w.deadline_ns) return;  // asked again by tick
  answer_undecided(index);
}

void Commands::on_unknown(uint32_t index) {
  if (waiting_[index].phase != Phase::looking) return;  // not durable yet: asked again by tick
  Waiting& w = waiting_[index];
  if (edge_.now_ns() < w.deadline_ns) return;
  give_up(index, {.status = 404,
                  .code = "unknown_command_id",
                  .detail = "no such command was seen on stream '" + w.stream + "'"});
}

void Commands::tick() {
  if (waiting_count_ == 0) return;
  const int64_t now = edge_.now_ns();
  for (uint32_t i = 0; i < waiting_.size(); ++i) {
    Waiting& w = waiting_[i];
    if (w.phase == Phase::free) continue;
    if (w.exchange.reply.sink->gone()) {
      release(i);
      continue;
    }
    if (w.phase == Phase::looking && edge_.draining) w.deadline_ns = std::min(w.deadline_ns, now);
    on_time(i, now);
  }
}

void Commands::on_time(uint32_t index, int64_t now) {
  Waiting& w = waiting_[index];
  if (w.phase == Phase::deciding && now >= w.deadline_ns) {
    w.phase = Phase::asking;
    w.deadline_ns = now + edge_.limits.fate_ms_max * ms_ns;
  }
  if (w.phase == Phase::looking && now >= std::max(w.deadline_ns, w.until_ns))
    return give_up(index, unavailable("not_ready",
                                      "it cannot be learned now what became of the command: "
                                      "its log does not answer"));
  if (w.phase == Phase::asking && now >= w.deadline_ns && w.asks)
    return answer_refusal(index, Answer::maybe_taken);
  if (w.phase == Phase::asking && now >= w.deadline_ns)
    return give_up(index, unavailable("overloaded",
                                      "it is not known yet whether the command was taken; "
                                      "send it again with the same idempotency key",
                                      "unknown"));
  const bool asks =
      w.phase != Phase::deciding || w.asks || edge_.courier.has_moved(w.submit_ticket);
  if (asks && w.find_ticket == 0) ask(index);
}

void Commands::answer_outcome(uint32_t index, const ReplyHead& head, Bytes body) {
  Waiting& w = waiting_[index];
  const auto found = edge_.outcome_of_reply(head, body);
  if (!found) return give_up(index, unreadable(found.error(), "unknown"));
  const envelope::Outcome& outcome = **found;
  const OutcomeContext context{*w.domain, edge_.context.log.topology().partitions()[w.dense],
                               edge_.incarnation()};
  if (w.command != nullptr) {
    Response response = answer_of(context, outcome);
    if (head.replayed || head.answer == Answer::duplicate)
      response.header("Idempotent-Replayed", "true");
    edge_.count_command(*w.domain, w.command->name(), outcome_label(*w.domain, outcome),
                        w.exchange.started_ns);
    return answer(index, std::move(response));
  }
  answer(index, status_of(context, outcome));
}

void Commands::answer_undecided(uint32_t index) {
  Waiting& w = waiting_[index];
  if (w.command != nullptr)
    edge_.count_command(*w.domain, w.command->name(), "pending", w.exchange.started_ns);
  Response response;
  response.status = 202;
  JsonWriter out(response.body);
  out.begin_object();
  write_undecided(w.id, out);
  out.end_object();
  answer(index, std::move(response));
}

void Commands::answer_refusal(uint32_t index, Answer refused, bool decided_before) {
  Waiting& w = waiting_[index];
  Problem problem = refusal(refused, decided_before);
  if (w.command == nullptr)
    problem.taken = {};
  else
    edge_.count_command(*w.domain, w.command->name(), problem.code, w.exchange.started_ns);
  give_up(index, problem);
}

/// The headers that every answer about a known command carries.
void Commands::answer(uint32_t index, Response&& response) {
  Waiting& w = waiting_[index];
  response.header("Location", location_of(*w.domain, w.stream, w.id));
  if (!w.minted_key.empty()) response.header("Idempotency-Key", w.minted_key);
  if (!w.applied.empty()) response.header("Preference-Applied", w.applied);
  const Exchange exchange = std::move(w.exchange);
  release(index);
  edge_.finish(exchange, std::move(response));
}

void Commands::give_up(uint32_t index, const Problem& problem) {
  Waiting& w = waiting_[index];
  Response response = to_response(problem, w.exchange.trace.trace_id(), edge_.limits.retry_after_s);
  if (!w.minted_key.empty()) response.header("Idempotency-Key", w.minted_key);
  const Exchange exchange = std::move(w.exchange);
  release(index);
  edge_.finish(exchange, std::move(response));
}

}  // namespace spate::edge
