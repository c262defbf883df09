// Pages of a history, gathered turn by turn from the durable log.
#include "engine/edge/history.hpp"

#include <algorithm>
#include <utility>

#include "engine/codec/history_json.hpp"
#include "engine/edge/number_text.hpp"

namespace spate::edge {
namespace {

/// What an item costs a turn, in outcomes looked at: its command is read by itself.
constexpr uint64_t item_cost = 32;

}  // namespace

void Histories::take(Exchange&& exchange, Route&& route, const Request& request) {
  auto page = std::make_unique<Page>(edge_.held);
  page->exchange = std::move(exchange);
  page->domain = route.domain;
  page->stream = std::move(route.stream);
  if (const auto problem = read_parameters(request, *page))
    return edge_.fail(page->exchange, *problem);
  if (pages_.size() >= edge_.limits.walks_max)
    return edge_.fail(page->exchange,
                      unavailable("overloaded", "walks_max histories are being read already"));
  pages_.push_back(std::move(page));
}

std::optional<Problem> Histories::read_parameters(const Request& request, Page& page) const {
  Parameters parameters;
  WireFaults faults;
  gather(split_query(request.query, parameters), faults);
  std::optional<Problem> other;  // than a 400
  const auto add = [&](std::optional<Problem> problem) {
    if (problem && problem->status != 400) other = std::move(problem);
    else gather(std::move(problem), faults);
  };
  std::string from = "beginning";
  for (const auto& [name, value] : parameters) {
    if (name == "from") {
      from = value;
    } else if (name == "limit") {
      if (!to_page_limit(value, page.limit))
        gather(bad_parameter(name, page_limit_rule), faults);
    } else {
      gather(bad_parameter(name, "is not known here; there are: from, limit"), faults);
    }
  }
  add(begin(from, page));
  add(read_wish(request, page));
  if (faults.empty()) return other;
  return malformed(std::move(faults));
}

/// What it has to show at least, and how long that may be waited for.
std::optional<Problem> Histories::read_wish(const Request& request, Page& page) const {
  WireFaults faults;
  Position position;
  Preferences prefer;
  gather(read_prefer(request, edge_.limits, prefer), faults);
  auto problem = read_position(request, edge_.incarnation(), position);
  if (problem && problem->status == 400) gather(std::exchange(problem, {}), faults);
  if (!faults.empty()) return malformed(std::move(faults));
  for (const auto& [partition, sequence] : position.parts)
    if (partition == edge_.partition_for(*page.domain, page.stream)) page.wanted = sequence;
  page.deadline_ns = edge_.now_ns() + prefer.wait_ms.value_or(edge_.limits.wait_ms_default) * ms_ns;
  return problem;
}

bool Histories::wants_turn() const {
  return std::any_of(pages_.begin(), pages_.end(), [](const auto& page) { return !page->waits; });
}

void Histories::tick() {
  for (const auto& page : pages_) page->waits = false;
}

std::optional<Problem> Histories::begin(const std::string& from, Page& page) const {
  const PartitionId partition = edge_.partition_for(*page.domain, page.stream);
  Log& log = edge_.context.log;
  page.from_beginning = from == "beginning";
  if (!page.from_beginning) {
    Point point;
    if (auto problem = read_point("from", from, edge_.incarnation(), partition, point)) {
      for (WireFault& fault : problem->errors) fault.detail += "; or beginning";
      return problem;
    }
    if (point.time) {
      const auto before = last_until(log, partition, {point.time->ns - 1});
      if (!before) return unreadable(before.error());
      page.began = *before;
    } else if (point.sequence.value > 0) {
      const auto time = time_of(log, partition, point.sequence);
      if (!time) return unreadable(time.error());
      if (!*time) return beyond_the_end("from", page.stream, point.sequence);
      page.began = point.sequence;
    }
  }
  page.walk = std::make_unique<OutcomeWalk>(log, partition, page.began);
  return std::nullopt;
}

void Histories::turn() {
  for (std::size_t i = pages_.size(); i-- > 0;) {
    const bool is_gone = pages_[i]->exchange.reply.sink->gone();
    if (!is_gone && (pages_[i]->waits || (i > 0 && edge_.held.is_over()))) continue;
    if (is_gone || go_on(*pages_[i]))
      pages_.erase(pages_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

bool Histories::go_on(Page& page) {
  if (edge_.draining) {
    edge_.fail(page.exchange,
               unavailable("shutting_down", "this server is stopping; read again later"));
    return true;
  }
  Result<void> added;
  uint64_t spent = 0;
  const uint64_t turn_max = edge_.limits.walk_turn_outcomes_max;
  const uint64_t looked = page.walk->at().value - page.began.value;
  const uint64_t left = edge_.limits.walk_outcomes_max - looked;
  const auto pause = page.walk->step(std::min(turn_max, left), [&](const RecordView& record) {
    ++spent;
    if (text_of(outcome_of(record.body).stream()) != page.stream) return spent < turn_max;
    added = add(page, record);
    spent += item_cost;
    return added && page.count < page.limit && page.items.size() < page_bytes_max &&
           spent < turn_max;
  });
  if (!pause || !added) {
    edge_.fail(page.exchange, unreadable(pause ? added.error() : pause.error()));
    return true;
  }
  const bool full = page.count >= page.limit || page.items.size() >= page_bytes_max;
  const bool far = page.walk->at().value - page.began.value >= edge_.limits.walk_outcomes_max;
  const bool ended = *pause == OutcomeWalk::Pause::ended;
  if (!ended && !full && !far) return false;
  if (ended && page.walk->at() < page.wanted) {
    page.waits = edge_.now_ns() < page.deadline_ns;
    if (!page.waits)
      edge_.fail(page.exchange, unavailable("not_ready", "the outcomes have not reached the position "
                                                         "asked for within the wait"));
    return !page.waits;
  }
  answer(page, ended);
  return true;
}

Result<void> Histories::add(Page& page, const RecordView& record) const {
  const PartitionId partition = page.walk->partition();
  const envelope::Outcome& outcome = outcome_of(record.body);
  TRY(const KeptCommand wish, command_of_outcome(edge_.context.log, partition, outcome));
  if (page.count++ > 0) page.items += ',';
  JsonWriter out(page.items);
  const OutcomeContext context{*page.domain, partition, edge_.incarnation()};
  write_history(*page.domain, outcome, wish.command,
                position_token(context, {record.head.number}), out);
  page.held.change(std::exchange(page.held_bytes, page.items.capacity()), page.items.capacity());
  return {};
}

void Histories::answer(Page& page, bool ended) {
  if (ended && page.from_beginning && page.count == 0)
    return edge_.fail(
        page.exchange,
        {.status = 404,
         .code = "unknown_stream",
         .detail = "no command has ever been sent to '" + page.stream + "': all " +
                   std::to_string(page.walk->at().value) + " outcomes of its partition were "
                   "looked through"});
  const OutcomeContext context{*page.domain, page.walk->partition(), edge_.incarnation()};
  const std::string token = position_token(context, page.walk->at());
  Response response;
  JsonWriter out(response.body);
  out.begin_object();
  out.key("items");
  out.raw("[" + page.items + "]");
  out.member("looked_at", page.walk->at().value - page.began.value);
  out.key("next");
  if (ended)
    out.null();
  else
    out.string("/v1/" + page.domain->name + "/" + percent_encoded(page.stream) +
               "/history?from=" + token + "&limit=" + std::to_string(page.limit));
  out.end_object();
  response.header("Cache-Control", "no-cache").header("Spate-Position", token);
  edge_.finish(page.exchange, std::move(response));
}

}  // namespace spate::edge
