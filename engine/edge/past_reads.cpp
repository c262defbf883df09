// Reads with `as_of`: which outcome that is, and the fold up to there, turn by turn.
#include "engine/edge/reads.hpp"

#include <algorithm>

#include "engine/log/outcome_walk.hpp"

namespace spate::edge {
namespace {

bool is_of_one_stream(Resource resource) {
  return resource == Resource::stream_view || resource == Resource::item_view ||
         resource == Resource::item_list;
}

Problem told(const Fault& fault) {
  if (fault.code == "past_too_far")
    return {.status = 409, .code = "past_too_far", .detail = fault.detail};
  return unreadable(fault);
}

}  // namespace

/// Takes the parameter out of those that the resource knows itself.
std::optional<Problem> Reads::read_as_of(Parameters& parameters, Read& read) const {
  const auto given = std::find_if(parameters.begin(), parameters.end(),
                                  [](const auto& named) { return named.first == "as_of"; });
  if (given == parameters.end() || edge_.context.past == nullptr) return std::nullopt;
  const std::string asked = std::move(given->second);
  parameters.erase(given);
  if (!is_of_one_stream(read.route.resource))
    return bad_parameter("as_of",
                         "goes with one stream and its items: what is gathered over streams would "
                         "be a fold of all of them");
  Point point;
  const PartitionId partition = edge_.partition_for(*read.route.domain, read.route.stream);
  if (auto problem = read_point("as_of", asked, edge_.incarnation(), partition, point))
    return problem;
  if (point.time && *point.time > edge_.context.clock.wall())
    return bad_parameter("as_of", "lies in the future; without it you get what is known now");
  read.past.emplace();
  read.past->asked = asked;
  return find_past(point, read);
}

/// A position that is not there yet is waited for where others write the log, as Spate-Position is.
std::optional<Problem> Reads::find_past(const Point& point, Read& read) const {
  Past& past = *read.past;
  const PartitionId partition = edge_.partition_for(*read.route.domain, read.route.stream);
  past.through = point.sequence;
  if (point.time) {
    const auto last = last_until(edge_.context.log, partition, *point.time);
    if (!last) return unreadable(last.error());
    past.through = *last;
    past.now = *point.time;
  } else if (past.through.value > 0) {
    const auto time = time_of(edge_.context.log, partition, past.through);
    if (!time) return unreadable(time.error());
    if (!*time && !edge_.context.behind_ns)
      return beyond_the_end("as_of", read.route.stream, past.through);
    if (*time) past.now = **time;
    if (edge_.context.behind_ns) read.position.raise(partition, past.through);
  }
  if (past.through.value <= edge_.limits.walk_outcomes_max) return std::nullopt;
  return Problem{.status = 409,
                 .code = "past_too_far",
                 .detail = "that is a fold of " + std::to_string(past.through.value) +
                           " outcomes of the partition, and http.walk_outcomes_max is " +
                           std::to_string(edge_.limits.walk_outcomes_max)};
}

/// Behind all that was asked before: one fold at a time bounds their memory.
void Reads::begin_fold(Read& read) {
  if (folding_.size() >= edge_.limits.walks_max)
    return fail(read, unavailable("overloaded", "walks_max views of the past are asked already"));
  Past& past = *read.past;
  const PartitionId partition = edge_.partition_for(*read.route.domain, read.route.stream);
  if (past.now.ns == 0 && past.through.value > 0) {  // it was waited for
    const auto time = time_of(edge_.context.log, partition, past.through);
    if (!time) return fail(read, unreadable(time.error()));
    if (!*time) return fail(read, beyond_the_end("as_of", read.route.stream, past.through));
    past.now = **time;
  }
  past.fold = edge_.context.past->begin(partition, read.route.stream, past.through);
  folding_.push_back(std::move(read));
}

void Reads::turn() {
  if (folding_.empty()) return;
  Read& read = folding_.front();
  Result<Step> step = Step::idle;
  const bool gone = read.exchange.reply.sink->gone();
  if (!gone && !edge_.draining) step = read.past->fold->step(edge_.limits.walk_turn_outcomes_max);
  if (step && *step != Step::idle) return;
  if (!step)
    fail(read, told(step.error()));
  else if (edge_.draining)
    fail(read, unavailable("shutting_down", "this server is stopping; read again later"));
  else if (!gone)
    show(read);
  folding_.pop_front();
}

ViewReader& Reads::views_of(const Read& read) const {
  return read.past ? read.past->fold->views() : edge_.context.views;
}

/// What is derived is as it was then, too.
Instant Reads::now_of(const Read& read) const {
  return read.past ? read.past->now : edge_.context.clock.wall();
}

Problem Reads::unknown_stream(const Read& read) const {
  const Route& route = read.route;
  Problem problem{.status = 404,
                  .code = route.key.empty() ? "unknown_stream" : "unknown_item",
                  .detail = "'" + (route.key.empty() ? route.stream : route.key) + "'"};
  if (!read.past)
    problem.detail += " does not exist (yet): a stream exists once a first command was accepted; "
                      "to read your own write send its Spate-Position";
  else if (read.past->through.value == 0)
    problem.detail += " did not exist then: the log of its partition begins later";
  else
    problem.detail += " did not exist at that point; its history shows when it began";
  return problem;
}

}  // namespace spate::edge
