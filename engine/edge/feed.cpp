// Pages of outcomes, read from the durable log.
#include "engine/edge/feed.hpp"

#include <algorithm>

#include "engine/base/text.hpp"
#include "engine/edge/number_text.hpp"

namespace spate::edge {
namespace {

constexpr std::size_t scan_records_max = 10'000;  // of one partition, for one page
constexpr std::size_t scan_bytes_max = 16 << 20;      // likewise
constexpr std::size_t read_bytes_max = 256 << 10;     // likewise, of what is shown

bool is_shown(envelope::Kind kind) {
  return kind >= envelope::Kind::accepted && kind <= envelope::Kind::parked;
}

}  // namespace

void Feed::take(Exchange&& exchange, Route&& route, const Request& request) {
  Follower follower;
  follower.exchange = std::move(exchange);
  follower.domain = route.domain;
  if (const auto problem = read_parameters(request, follower))
    return edge_.fail(follower.exchange, *problem);
  if (answer(follower, edge_.now_ns() >= follower.deadline_ns)) return;
  if (waiting_.size() >= edge_.limits.waiting_reads_max)
    return edge_.fail(follower.exchange,
                      unavailable("overloaded", "http.waiting_reads_max followers wait already"));
  waiting_.push_back(std::move(follower));
}

std::optional<Problem> Feed::read_parameters(const Request& request, Follower& follower) const {
  Parameters parameters;
  Preferences prefer;
  WireFaults faults;
  gather(split_query(request.query, parameters), faults);
  gather(read_prefer(request, edge_.limits, prefer), faults);
  follower.limit = 100;
  follower.applied = std::move(prefer.applied);
  follower.deadline_ns = edge_.now_ns() + prefer.wait_ms.value_or(0) * ms_ns;
  std::string from = "beginning";
  const auto fault = [&](const std::string& name, std::string detail) {
    faults.push_back({WireFault::Place::parameter, name, std::move(detail)});
  };
  for (const auto& [name, value] : parameters) {
    if (name == "from") {
      from = value;
    } else if (name == "stream") {
      follower.stream = value;
      if (!is_ident(value)) fault(name, "must be a stream's key");
    } else if (name == "limit") {
      if (!to_page_limit(value, follower.limit)) fault(name, page_limit_rule);
    } else {
      fault(name, "is not known here; there are: from, stream, limit");
    }
  }
  auto problem = read_from(from, follower);
  if (problem && problem->status != 400 && faults.empty()) return problem;
  gather(std::move(problem), faults);
  if (faults.empty()) return std::nullopt;
  return malformed(std::move(faults));
}

/// Partitions that a position does not name begin at their beginning.
std::optional<Problem> Feed::read_from(const std::string& from, Follower& follower) const {
  const bool at_end = from == "end";
  Position given{edge_.incarnation(), {}};
  if (!at_end && from != "beginning" && !from_token(from, given))
    return bad_parameter("from", "must be beginning, end or a position that an answer carried");
  if (given.incarnation != edge_.incarnation())
    return Problem{.status = 409,
                   .code = "position_unknown",
                   .detail = "this position belongs to another life of the log"};
  const DomainPlace& place = edge_.place_of(*follower.domain);
  follower.from.incarnation = edge_.incarnation();
  for (uint16_t i = 0; i < place.partitions; ++i) {
    const PartitionId partition{place.number, i};
    const bool elsewhere = !follower.stream.empty() &&
                           partition != edge_.partition_for(*follower.domain, follower.stream);
    if (elsewhere) continue;
    follower.from.raise(partition, at_end ? edge_.context.views.position(partition) : Sequence{});
    for (const auto& [named, sequence] : given.parts)
      if (named == partition) follower.from.raise(partition, sequence);
  }
  return std::nullopt;
}

Result<void> Feed::scan(const Follower& follower, PartitionId partition, Sequence from,
                        Page& page) const {
  std::vector<Found>& found = page.found;
  std::size_t taken = 0, taken_bytes = 0, scanned = 0, scanned_bytes = 0;
  const auto is_full = [&] { return taken == follower.limit || taken_bytes >= read_bytes_max; };
  Sequence read = from;
  while (!is_full() && scanned < scan_records_max && scanned_bytes < scan_bytes_max) {
    TRY(BatchPtr batch,
        edge_.context.log.read(LogSide::outcomes, partition, read.value + 1, read_bytes_max));
    if (batch == nullptr || batch->last() <= read.value) {
      page.read.raise(partition, read);
      return {};
    }
    const std::size_t before = found.size();
    for (const RecordView record : *batch) {
      if (record.head.number <= read.value) continue;
      if (is_full()) break;
      read = {record.head.number};
      ++scanned;
      scanned_bytes += record.body.size();
      const envelope::Outcome& outcome = outcome_of(record.body);
      const bool other = !follower.stream.empty() && text_of(outcome.stream()) != follower.stream;
      if (other || !is_shown(outcome.kind())) continue;
      found.push_back({record, partition});
      ++taken;
      taken_bytes += record.body.size();
    }
    if (found.size() > before) page.keep.push_back(std::move(batch));
  }
  page.read.raise(partition, read);
  page.is_cut = true;
  return {};
}

Result<Feed::Page> Feed::page(const Follower& follower) const {
  Page page;
  page.read = {edge_.incarnation(), {}};
  for (const auto& [partition, from] : follower.from.parts)
    TRY(scan(follower, partition, from, page));
  std::vector<Found>& found = page.found;
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.record.head.time < b.record.head.time;
  });
  std::size_t fit = 0;
  for (std::size_t bytes = 0; fit < std::min(found.size(), follower.limit); ++fit) {
    bytes += found[fit].record.body.size();
    if (fit > 0 && bytes > page_bytes_max) break;
  }
  // What is left for the next page must not be skipped: each partition goes on at its first of
  // them.
  for (std::size_t i = found.size(); i-- > fit;)
    for (auto& [partition, end] : page.read.parts)
      if (partition == found[i].partition) end = {found[i].record.head.number - 1};
  found.resize(fit);
  return page;
}

bool Feed::answer(Follower& follower, bool last) {
  const auto next = page(follower);
  if (!next) {
    edge_.fail(follower.exchange, unreadable(next.error()));
    return true;
  }
  if (next->found.empty() && !next->is_cut && !last) {
    follower.from = next->read;
    return false;
  }
  Response response;
  JsonWriter out(response.body);
  out.begin_object();
  write(follower, next->found, out);
  const std::string token = to_token(next->read);
  out.member("next",
             "/v1/" + follower.domain->name + "/outcomes?from=" + token +
                 (follower.stream.empty() ? "" : "&stream=" + percent_encoded(follower.stream)) +
                 "&limit=" + std::to_string(follower.limit));
  out.end_object();
  response.header("Cache-Control", "no-cache").header("Spate-Position", token);
  if (!follower.applied.empty()) response.header("Preference-Applied", follower.applied);
  edge_.finish(follower.exchange, std::move(response));
  return true;
}

void Feed::write(const Follower& follower, const std::vector<Found>& found, JsonWriter& out) const {
  out.key("items");
  out.begin_array();
  for (const Found& item : found) {
    const envelope::Outcome& outcome = outcome_of(item.record.body);
    const CommandPlan* command = follower.domain->command(outcome.command_type());
    out.begin_object();
    out.member("stream", text_of(outcome.stream()));
    out.member("command", command == nullptr ? std::string_view("unknown") : command->name());
    const OutcomeContext context{*follower.domain, item.partition, edge_.incarnation()};
    write_outcome(*follower.domain, outcome, position_token(context, {item.record.head.number}),
                  out);
    out.end_object();
  }
  out.end_array();
}

/// Cheap: whether it is worth looking into the log again.
bool Feed::moved(const Follower& follower) const {
  for (const auto& [partition, sequence] : follower.from.parts)
    if (edge_.context.views.position(partition) > sequence) return true;
  return false;
}

void Feed::advance() {
  for (std::size_t i = waiting_.size(); i-- > 0;) {
    if (!moved(waiting_[i]) || !answer(waiting_[i], false)) continue;
    std::swap(waiting_[i], waiting_.back());
    waiting_.pop_back();
  }
}

void Feed::tick() {
  const int64_t now = edge_.now_ns();
  for (std::size_t i = waiting_.size(); i-- > 0;) {
    const bool gone = waiting_[i].exchange.reply.sink->gone();
    const bool waits = now < waiting_[i].deadline_ns && !edge_.draining;
    if (!gone && (waits || !answer(waiting_[i], true))) continue;
    std::swap(waiting_[i], waiting_.back());
    waiting_.pop_back();
  }
}

}  // namespace spate::edge
