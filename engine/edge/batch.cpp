// One batch: its lines one after another to the processors, their answers in order back.
#include "engine/base/text.hpp"
#include "engine/edge/batches.hpp"
#include "engine/edge/commands.hpp"

namespace spate::edge {
namespace {
}

Batch::Batch(EdgeThread& edge, Exchange&& exchange, std::string body, Preferences prefer)
    : edge_(edge),
      exchange_(std::move(exchange)),
      body_(std::move(body)),
      prefer_(std::move(prefer)),
      deadline_ns_(edge.now_ns() + prefer_.wait_ms.value_or(edge.limits.wait_ms_default) * ms_ns) {}

Batch::~Batch() {
  for (const Line& line : lines_) {
    edge_.courier.forget(line.submit_ticket);
    edge_.courier.forget(line.find_ticket);
  }
  edge_.held.change(held_, 0);
}

void Batch::hold(std::size_t bytes) {
  edge_.held.change(held_, held_ + bytes);
  held_ += bytes;
}

std::optional<Problem> Batch::split() {
  for (std::string_view rest = body_; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty() && rest.empty()) break;
    if (lines_.size() >= edge_.limits.batch_lines_max)
      return Problem{.status = 413,
                     .code = "payload_too_large",
                     .detail = "the batch has more than http.batch_lines_max of " +
                               std::to_string(edge_.limits.batch_lines_max) + " lines"};
    lines_.push_back({});
    lines_.back().text = text;
  }
  hold(body_.size() + lines_.capacity() * sizeof(Line));
  if (!lines_.empty()) return std::nullopt;
  return malformed({{WireFault::Place::pointer, "", "must have at least one line"}});
}

bool Batch::turn() {
  if (is_abandoned()) next_ = lines_.size();
  for (std::size_t n = 0; n < edge_.limits.batch_turn_lines_max; ++n) {
    if (next_ == lines_.size() || !edge_.courier.has_credit()) return false;
    if (!edge_.courier.has_replay_room()) return false;
    if (start(next_) == Went::full) return false;
    ++next_;
  }
  return next_ < lines_.size();
}

Batch::Went Batch::start(std::size_t index) {
  Line& line = lines_[index];
  std::optional<MadeRecord> record;
  if (auto problem = prepare(line, record)) {
    invalid(index, *problem, "invalid");
    return Went::on;
  }
  if (edge_.draining) {
    invalid(index, refusal(Answer::shutting_down), "unavailable");
    return Went::on;
  }
  line.id = record->id;
  line.dense = record->dense;
  Courier::Letter sent = letter(line, index);
  sent.async = is_async();
  switch (edge_.courier.submit(sent, record->body, line.submit_ticket)) {
    case Courier::Sent::yes:
      ++open_;
      return Went::on;
    case Courier::Sent::full:
      return Went::full;
    case Courier::Sent::too_large:
      break;
  }
  invalid(index, edge_.command_too_large(record->body.size()), "invalid");
  return Went::on;
}

std::optional<Problem> Batch::prepare(Line& line, std::optional<MadeRecord>& record) {
  BatchLine head;
  FieldFaults faults;
  const bool is_good = edge_.read_line(line.text, head, faults);
  line.domain = edge_.context.catalog.find(head.domain);
  if (!is_good) {  // all faults at once: of the body, too, where it is known what belongs in it
    if (const CommandPlan* command = line.domain ? line.domain->command(head.command) : nullptr)
      edge_.read_line_body(*line.domain, *command, faults);
    return malformed(std::move(faults));
  }
  if (line.domain == nullptr)
    return not_found("unknown_domain", "domain", head.domain, domain_names(edge_.context.catalog));
  line.command = line.domain->command(head.command);
  if (line.domain->reserves(head.stream))
    return malformed(
        {{WireFault::Place::pointer, "/stream",
          "'" + std::string(head.stream) + "' is reserved and cannot be a stream's key"}});
  if (line.command == nullptr)
    return not_found("unknown_command", "command", head.command, command_names(*line.domain));
  const std::string minted =
      head.id.empty() ? minted_key(edge_.context.clock.wall()) : std::string();
  const Wish wish{line.domain, line.command,
                  head.stream, head.id.empty() ? minted : head.id,
                  {},          exchange_.trace.traceparent,
                  std::nullopt};
  record = edge_.make_line_record(wish, faults);
  if (!record) return malformed(std::move(faults));
  return std::nullopt;
}

Courier::Letter Batch::letter(const Line& line, std::size_t index) {
  return {line.dense, line.id, false, true, this, index};
}

void Batch::ask(std::size_t index) {
  Line& line = lines_[index];
  if (edge_.courier.find(letter(line, index), line.find_ticket) != Courier::Sent::yes)
    line.find_ticket = 0;
}

void Batch::delivered(uint64_t index, const ReplyHead& head, Bytes body) {
  Line& line = lines_[index];
  const bool answers_submit = line.submit_ticket == head.ticket;
  (answers_submit ? line.submit_ticket : line.find_ticket) = 0;
  switch (head.answer) {
    case Answer::outcome:
    case Answer::duplicate:
      return outcome(line, index, head, body);
    case Answer::pending:
      // Asked after a move: the wait for the outcome goes on.
      if (!answers_submit && !is_async() && edge_.now_ns() < deadline_ns_) return;
      return pending(index);
    case Answer::unknown:
      return;  // not durable yet: the tick asks again
    default:
      if (!answers_submit) return;
      line.asks = head.answer == Answer::maybe_taken;  // by tick: the new owner knows
      if (!line.asks) unavailable_line(index, refusal(head.answer, head.replayed));
  }
}

void Batch::outcome(Line& line, std::size_t index, const ReplyHead& head, Bytes body) {
  const auto found = edge_.outcome_of_reply(head, body);
  if (!found) return unavailable_line(index, unreadable(found.error(), "unknown"));
  const envelope::Outcome& decided = **found;
  const OutcomeContext context{*line.domain, edge_.context.log.topology().partitions()[line.dense],
                               edge_.incarnation()};
  edge_.count_command(*line.domain, line.command->name(), outcome_label(*line.domain, decided),
                      exchange_.started_ns);
  JsonWriter out(line.answer);
  out.begin_object();
  out.member("line", uint64_t{index + 1});
  write_outcome(*line.domain, decided, position_token(context, {decided.sequence()}), out);
  if (const auto problem = why_undecided(decided)) {
    out.key("problem");
    out.begin_object();
    write_problem(*problem, {}, out);
    out.end_object();
  }
  if (head.replayed || head.answer == Answer::duplicate) out.member("replayed", true);
  out.end_object();
  hold(line.answer.capacity());
  close_line(index);
}

void Batch::invalid(std::size_t index, const Problem& problem, std::string_view outcome) {
  Line& line = lines_[index];
  JsonWriter out(line.answer);
  out.begin_object();
  out.member("line", uint64_t{index + 1});
  out.member("outcome", outcome);
  if (line.id != CommandId{}) out.member("command_id", to_hex(line.id));
  out.key("problem");
  out.begin_object();
  write_problem(problem, {}, out);
  out.end_object();
  out.end_object();
  hold(line.answer.capacity());
}

void Batch::unavailable_line(std::size_t index, const Problem& problem) {
  Line& line = lines_[index];
  edge_.count_command(*line.domain, line.command->name(), problem.code, exchange_.started_ns);
  invalid(index, problem, "unavailable");
  close_line(index);
}

void Batch::pending(std::size_t index) {
  Line& line = lines_[index];
  edge_.count_command(*line.domain, line.command->name(), "pending", exchange_.started_ns);
  JsonWriter out(line.answer);
  out.begin_object();
  out.member("line", uint64_t{index + 1});
  write_undecided(line.id, out);
  out.end_object();
  hold(line.answer.capacity());
  close_line(index);
}

void Batch::close_line(std::size_t index) {
  Line& line = lines_[index];
  edge_.courier.forget(line.submit_ticket);
  edge_.courier.forget(line.find_ticket);
  line.submit_ticket = line.find_ticket = 0;
  --open_;
}

/// Lines whose partition has another owner since they were sent: it knows what became of them.
void Batch::ask_moved() {
  for (std::size_t i = 0; i < next_; ++i) {
    const Line& line = lines_[i];
    if (line.answer.empty() && line.find_ticket == 0 &&
        (line.asks || edge_.courier.has_moved(line.submit_ticket)))
      ask(i);
  }
}

void Batch::tick() {
  const int64_t now = edge_.now_ns();
  if (now < deadline_ns_) return ask_moved();
  if (fate_deadline_ns_ == 0) {
    fate_deadline_ns_ = now + edge_.limits.fate_ms_max * ms_ns;
    // What was not sent within the wait is not sent at all.
    for (; next_ < lines_.size(); ++next_)
      invalid(next_, refusal(Answer::overloaded), "unavailable");
  }
  for (std::size_t i = 0; i < lines_.size() && open_ > 0; ++i) {
    if (!lines_[i].answer.empty()) continue;
    if (now >= fate_deadline_ns_ && lines_[i].asks)
      unavailable_line(i, refusal(Answer::maybe_taken));
    else if (now >= fate_deadline_ns_)
      unavailable_line(i, unavailable("overloaded",
                                      "it is not known yet whether the command was "
                                      "taken; send it again with the same id",
                                      "unknown"));
    else if (lines_[i].find_ticket == 0)
      ask(i);
  }
}

void Batch::finish() {
  Response response;
  response.type = ndjson_type;
  std::size_t size = 0;
  for (const Line& line : lines_) size += line.answer.size() + 1;
  response.body.reserve(size);
  for (const Line& line : lines_) response.body.append(line.answer) += '\n';
  if (!prefer_.applied.empty()) response.header("Preference-Applied", prefer_.applied);
  edge_.finish(exchange_, std::move(response));
}

}  // namespace spate::edge
