// Views as JSON with ETag and position; reads that wait until the projection has caught up.
#include "engine/edge/reads.hpp"

#include "engine/edge/cursor.hpp"

namespace spate::edge {
namespace {


std::string list_path(const Route& route) {
  std::string path = "/v1/" + route.domain->name;
  if (!route.stream.empty()) path += "/" + percent_encoded(route.stream) + "/" + route.view->name;
  return path;
}

uint64_t list_id(const Route& route) { return xxh3_64(as_bytes(list_path(route))); }

bool is_list(const Route& route) {
  return route.resource == Resource::stream_list || route.resource == Resource::item_list;
}

Problem no_such_list(const Route& route) {
  return {.status = 404,
          .code = "unknown_view",
          .detail = "'" + (route.view ? route.view->name : route.domain->name) +
                    "' is read one by one, it has no list"};
}

Problem internal(const Fault& fault) {
  return {.status = 500, .code = "internal", .detail = fault.detail};
}

Problem foreign_cursor() {
  return bad_parameter("cursor", "is none of this list; follow `next` of a page");
}

/// A header's value: one line of visible text.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, 200));
  for (char& c : line) c = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return line;
}

}  // namespace

void Reads::take(Exchange&& exchange, Route&& route, const Request& request) {
  Read read{std::move(exchange), std::move(route), {}, {}, {}, {}, {}, {}, 0};
  Preferences prefer;
  if (const auto problem = read_request(request, read, prefer)) return fail(read, *problem);
  for (const Header& h : request.headers)
    if (same_name(h.name, "If-None-Match")) read.none_match.emplace_back(h.value);
  read.applied = std::move(prefer.applied);
  if (reached(read)) return answer(read);
  if (std::string why = never_reached(read.position); !why.empty())
    return fail_at_views(read, "views_stopped", std::move(why));
  read.deadline_ns = edge_.now_ns() + prefer.wait_ms.value_or(edge_.limits.wait_ms_default) * ms_ns;
  if (waiting_.size() >= edge_.limits.waiting_reads_max)
    return fail(read,
                unavailable("overloaded", "http.waiting_reads_max reads wait for a position already"));
  waiting_.push_back(std::move(read));
}

/// What is wrong whatever the state: told before anything is waited for or looked up.
std::optional<Problem> Reads::read_request(const Request& request, Read& read,
                                           Preferences& prefer) const {
  if (is_list(read.route) && (read.route.view == nullptr || read.route.view->unlisted))
    return no_such_list(read.route);
  WireFaults faults;
  std::optional<Problem> unknown_position;
  const auto add = [&](std::optional<Problem> problem) {
    if (problem && problem->status != 400)
      unknown_position = std::move(problem);
    else
      gather(std::move(problem), faults);
  };
  Parameters parameters;
  add(split_query(request.query, parameters));
  add(read_prefer(request, edge_.limits, prefer));
  add(read_position(request, edge_.incarnation(), read.position));
  add(read_query(parameters, read));
  if (!faults.empty()) return malformed(std::move(faults));
  if (unknown_position) return unknown_position;
  for (const auto& [partition, _] : read.position.parts)
    if (!edge_.context.log.topology().contains(partition))
      return Problem{.status = 409,
                     .code = "position_unknown",
                     .detail = "this position names a partition that does not exist here"};
  return std::nullopt;
}

std::optional<Problem> Reads::read_query(Parameters& parameters, Read& read) const {
  WireFaults faults;
  std::optional<Problem> other;  // than a 400
  const auto add = [&](std::optional<Problem> problem) {
    if (problem && problem->status != 400)
      other = std::move(problem);
    else
      gather(std::move(problem), faults);
  };
  add(read_as_of(parameters, read));
  if (is_list(read.route)) {
    gather(read_list_parameters(parameters, *read.route.view, read.list), faults);
    if (read.past)
      read.list.kept += (read.list.kept.empty() ? "as_of=" : "&as_of=") +
                        percent_encoded(read.past->asked);
    add(read_cursor(read.list.cursor, read.route, read.after));
  } else {
    for (const auto& [name, _] : parameters) add(bad_parameter(name, "is not known here"));
  }
  if (faults.empty()) return other;
  return malformed(std::move(faults));
}

bool Reads::reached(const Read& read) const {
  for (const auto& [partition, sequence] : read.position.parts)
    if (edge_.context.views.position(partition) < sequence) return false;
  return whole(read);
}

/// Those whose views the route shows.
std::vector<PartitionId> Reads::partitions_of(const Route& route) const {
  if (!route.stream.empty()) return {edge_.partition_for(*route.domain, route.stream)};
  const DomainPlace& place = edge_.place_of(*route.domain);
  std::vector<PartitionId> all;
  for (uint16_t i = 0; i < place.partitions; ++i) all.push_back({place.number, i});
  return all;
}

/// What is folded aside from the log needs no views.
bool Reads::whole(const Read& read) const {
  if (read.past) return true;
  const ViewReader& views = edge_.context.views;
  const Route& route = read.route;
  if (!route.stream.empty()) return views.whole(edge_.partition_for(*route.domain, route.stream));
  const DomainPlace& place = edge_.place_of(*route.domain);
  for (uint16_t i = 0; i < place.partitions; ++i)
    if (!views.whole({place.number, i})) return false;
  return true;
}

/// Why a partition's views will not get there as they are; empty: they may.
std::string Reads::never_reached(const Position& position) const {
  for (const auto& [partition, sequence] : position.parts)
    if (edge_.context.views.position(partition) < sequence)
      if (std::string why = edge_.context.views.stopped(partition); !why.empty()) return why;
  return {};
}

void Reads::advance() {
  for (std::size_t i = 0; i < waiting_.size();) {
    if (!reached(waiting_[i])) {
      ++i;
      continue;
    }
    Read read = std::move(waiting_[i]);
    std::swap(waiting_[i], waiting_.back());
    waiting_.pop_back();
    answer(read);
  }
}

void Reads::tick() {
  advance();
  const int64_t now = edge_.now_ns();
  for (std::size_t i = 0; i < waiting_.size();) {
    const bool gone = waiting_[i].exchange.reply.sink->gone();
    if (!gone && now < waiting_[i].deadline_ns && !edge_.draining) {
      ++i;
      continue;
    }
    Read read = std::move(waiting_[i]);
    std::swap(waiting_[i], waiting_.back());
    waiting_.pop_back();
    if (gone) continue;
    if (edge_.draining) {
      fail(read, unavailable("shutting_down", "this server is stopping; read again later"));
      continue;
    }
    std::string why = never_reached(read.position);
    if (!why.empty())
      fail_at_views(read, "views_stopped", std::move(why));
    else if (!whole(read))
      fail_at_views(read, "not_ready", "this server has started and still folds these views to "
                                       "where they were; Spate-Position says how far they are");
    else
      fail_at_views(read, "not_ready", "the views have not reached the position asked for within "
                                       "the wait; Spate-Position says where they are");
  }
}

void Reads::fail_at_views(Read& read, std::string_view code, std::string detail) {
  Position current{edge_.incarnation(), {}};
  for (const auto& [partition, _] : read.position.parts)
    current.raise(partition, edge_.context.views.position(partition));
  for (const PartitionId partition : partitions_of(read.route))
    current.raise(partition, edge_.context.views.position(partition));
  Response response = to_response(unavailable(code, std::move(detail)),
                                  read.exchange.trace.trace_id(), edge_.limits.retry_after_s);
  response.header("Spate-Position", to_token(current));
  edge_.finish(read.exchange, std::move(response));
}

void Reads::answer(Read& read) {
  if (read.past) return begin_fold(read);
  show(read);
}

void Reads::show(Read& read) {
  switch (read.route.resource) {
    case Resource::stream_list:
    case Resource::item_list:
      return answer_list(read);
    case Resource::gathered_view:
      return answer_gathered(read);
    default:
      return answer_view(read);
  }
}

void Reads::answer_view(Read& read) {
  const Route& route = read.route;
  const PartitionId partition = edge_.partition_for(*route.domain, route.stream);
  const Position position{edge_.incarnation(),
                          {{partition, views_of(read).position(partition)}}};
  std::string value;
  const auto found =
      views_of(read).get({partition, route.view->id, route.stream, route.key}, value);
  if (!found) return fail(read, internal(found.error()));
  if (!*found) return fail(read, unknown_stream(read));
  std::string body;
  JsonWriter out(body);
  write_view(*route.domain, *route.view, as_bytes(value), now_of(read), out);
  send(read, std::move(body), position, views_of(read).stopped(partition));
}

/// Where the views of the route's partitions are, and why one has stopped, if any.
Position Reads::where(const Read& read, std::string& stopped) const {
  const Route& route = read.route;
  ViewReader& views = views_of(read);
  Position position{edge_.incarnation(), {}};
  for (const PartitionId partition : partitions_of(route)) {
    position.raise(partition, views.position(partition));
    if (stopped.empty()) stopped = views.stopped(partition);
  }
  return position;
}

void Reads::answer_gathered(Read& read) {
  const Route& route = read.route;
  std::string stopped;
  const Position position = where(read, stopped);
  const uint16_t number = edge_.place_of(*route.domain).number;
  auto parts = edge_.context.views.gather(number, route.view->id, route.key);
  if (!parts) return fail(read, internal(parts.error()));
  if (parts->empty())
    return fail(read, {.status = 404,
                       .code = "unknown_item",
                       .detail = "nothing is known of '" + route.key + "' (yet)"});
  std::string value = std::move(parts->front());
  const auto merge = route.domain->domain->projection->views[route.view->id].merge;
  for (std::size_t i = 1; i < parts->size(); ++i) {
    ENSURE(merge != nullptr);  // the catalog refuses gathered views without one
    value = merge(as_bytes(value), as_bytes((*parts)[i]));
  }
  std::string body;
  JsonWriter out(body);
  write_view(*route.domain, *route.view, as_bytes(value), edge_.context.clock.wall(), out);
  send(read, std::move(body), position, stopped);
}

/// A list of items is nobody's before its stream is.
std::optional<Problem> Reads::missing_stream(const Read& read) const {
  const Route& route = read.route;
  const ViewPlan* whole = route.domain->stream_view();
  if (route.stream.empty() || whole == nullptr) return std::nullopt;
  std::string ignored;
  const PartitionId partition = edge_.partition_for(*route.domain, route.stream);
  const auto exists = views_of(read).get({partition, whole->id, route.stream, {}}, ignored);
  if (!exists) return internal(exists.error());
  if (*exists) return std::nullopt;
  return unknown_stream(read);
}

/// Where the page begins. Problems: no cursor of this list, or one of another life of the log.
std::optional<Problem> Reads::read_cursor(const std::string& token, const Route& route,
                                          std::string& after) const {
  if (token.empty()) return std::nullopt;
  Cursor cursor;
  if (!from_token(token, cursor) || cursor.list != list_id(route)) return foreign_cursor();
  if (cursor.incarnation != edge_.incarnation())
    return Problem{.status = 409,
                   .code = "position_unknown",
                   .detail = "the cursor belongs to another life of the log; start the list anew"};
  after = std::move(cursor.after);
  return std::nullopt;
}

void Reads::answer_list(Read& read) {
  const Route& route = read.route;
  if (const auto problem = missing_stream(read)) return fail(read, *problem);
  const ListParameters& parameters = read.list;
  const Instant now = now_of(read);
  std::string stopped;
  const Position position = where(read, stopped);  // before reading: the page is no older
  ListQuery query;
  query.domain = edge_.place_of(*route.domain).number;
  query.view = route.view->id;
  query.stream = route.stream;
  query.after = read.after;
  query.limit = parameters.limit;
  if (!parameters.conditions.empty())
    query.keep = [&](Bytes v) { return meets(parameters, *route.domain, *route.view, v, now); };
  const auto page = views_of(read).list(query);
  if (!page && page.error().code == "cursor_invalid") return fail(read, foreign_cursor());
  if (!page) return fail(read, internal(page.error()));

  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.key("items");
  out.begin_array();
  for (const ListPage::Item& item : page->items)
    write_view(*route.domain, *route.view, as_bytes(item.value), now, out);
  out.end_array();
  out.key("next");
  if (page->next.empty())
    out.null();
  else
    out.string(list_path(route) + "?" + parameters.kept + (parameters.kept.empty() ? "" : "&") +
               "cursor=" + to_token(Cursor{edge_.incarnation(), list_id(route), page->next}));
  out.end_object();
  send(read, std::move(body), position, stopped);
}

/// In seconds, of the partition that is the furthest behind.
std::string Reads::staleness(const Position& position) const {
  int64_t most_ns = 0;
  for (const auto& [partition, sequence] : position.parts) {
    const auto behind = edge_.context.behind_ns(partition, sequence);
    if (!behind) return "unknown";
    most_ns = std::max(most_ns, *behind);
  }
  const std::string thousandths = std::to_string(1'000 + (most_ns + ms_ns - 1) / ms_ns % 1'000);
  return std::to_string((most_ns + ms_ns - 1) / ms_ns / 1'000) + "." + thousandths.substr(1);
}

void Reads::send(Read& read, std::string&& body, const Position& position,
                 std::string_view stopped) {
  Response response;
  const std::string etag = etag_of(body);
  response.header("ETag", etag)
      .header("Cache-Control", "no-cache")
      .header("Spate-Position", to_token(position));
  if (edge_.context.behind_ns && !read.past) response.header("Spate-Staleness", staleness(position));
  if (!read.applied.empty()) response.header("Preference-Applied", read.applied);
  if (!stopped.empty()) response.header("Spate-View-Stopped", one_line(stopped));
  Request conditions;
  for (const std::string& value : read.none_match)
    conditions.headers.push_back({"If-None-Match", value});
  if (none_match_hits(conditions, etag)) {
    response.status = 304;
    response.type = {};
  } else {
    response.body = std::move(body);
  }
  edge_.finish(read.exchange, std::move(response));
}

void Reads::fail(Read& read, const Problem& problem) { edge_.fail(read.exchange, problem); }

}  // namespace spate::edge
