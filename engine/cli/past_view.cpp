// What the server does for `?as_of=`, without its limits.
#include "engine/cli/past_view.hpp"

#include "engine/app/projected_domains.hpp"
#include "engine/base/clock.hpp"
#include "engine/cli/past_flags.hpp"
#include "engine/codec/json.hpp"
#include "engine/replay/past_fold.hpp"

namespace spate::cli {
namespace {

constexpr std::size_t views_bytes_max = std::size_t{1} << 30;
constexpr uint64_t slice_outcomes = 64 << 10;

/// "sale-1/claims/ann" in its parts.
struct ViewPath {
  std::string stream, view, key;
  bool is_list = false;  ///< of the items of `view`
};

ViewPath split(const std::string& path) {
  ViewPath parts;
  const std::size_t first = path.find('/');
  parts.stream = path.substr(0, first);
  if (first == std::string::npos) return parts;
  const std::size_t second = path.find('/', first + 1);
  parts.view = path.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  parts.is_list = second == std::string::npos;
  if (!parts.is_list) parts.key = path.substr(second + 1);
  return parts;
}

Result<const ViewPlan*> view_of(const DomainPlan& domain, const ViewPath& path) {
  const ViewPlan* view = path.view.empty() ? domain.stream_view() : domain.view(path.view);
  if (view != nullptr && view->shape.scope != ViewScope::gathered) return view;
  std::string items;
  for (const ViewPlan& plan : domain.views)
    if (plan.shape.scope == ViewScope::item) items += (items.empty() ? "" : ", ") + plan.name;
  return stop("unknown_view", "a stream of " + domain.name + " has no '" + path.view +
                                  "' of its own; there are: " + (items.empty() ? "none" : items));
}

Result<Instant> now_at(const StoppedStream& stream, const PastPoint& point) {
  if (point.time) return *point.time;
  TRY(const auto time, time_of(stream.log(), stream.partition, point.sequence));
  return time.value_or(Instant{});
}

Result<void> write_items(PastFold& fold, const StoppedStream& stream, const ViewPlan& view,
                         const ViewPath& path, const PastRequest& request, Instant now,
                         std::string& body) {
  ListQuery query;
  query.domain = stream.partition.domain;
  query.view = view.id;
  query.stream = path.stream;
  query.after = request.cursor;
  query.limit = request.limit;
  TRY(const ListPage page, fold.list(query));
  JsonWriter out(body);
  out.begin_object();
  out.key("items");
  out.begin_array();
  for (const ListPage::Item& item : page.items)
    write_view(*stream.domain, view, as_bytes(item.value), now, out);
  out.end_array();
  out.key("next");
  if (page.next.empty())
    out.null();
  else
    out.string(page.next);
  out.end_object();
  return {};
}

Result<void> run(PastFold& fold) {
  for (;;) {
    TRY(const Step step, fold.step(slice_outcomes));
    if (step == Step::idle) return {};
  }
}

}  // namespace

Result<std::string> view_of_the_past(const std::string& domain, const std::string& whole,
                                     const PastRequest& request) {
  const ViewPath path = split(whole);
  TRY(const StoppedStream stream, open_stream(request.data, domain, path.stream));
  TRY(const ViewPlan* const view, view_of(*stream.domain, path));
  TRY(const PastPoint point, find_point(stream, "--as-of", request.as_of));
  if (point.time && *point.time > SystemClock().wall())
    return stop("usage", "--as-of lies in the future: name a time that has been");
  if (point.sequence.value > request.budget)
    return stop("past_too_far", "that is a fold of " + std::to_string(point.sequence.value) +
                                    " outcomes of partition " + stream.place() +
                                    ": give a --budget of as many");
  const auto projected = projected_domains(stream.log().topology(), *stream.catalog);
  for (const ProjectedDomain& one : projected) {
    if (one.number != stream.partition.domain) continue;
    PastFold fold(stream.log(), one, stream.partition, path.stream, point.sequence,
                  views_bytes_max);
    TRY(run(fold));
    TRY(const Instant now, now_at(stream, point));
    std::string value, body;
    const ViewPlan* named = path.is_list ? stream.domain->stream_view() : view;
    TRY(const bool found, fold.get({stream.partition, named->id, path.stream, path.key}, value));
    if (!found && path.key.empty())
      return stop("unknown_stream", "'" + path.stream + "' did not exist at that point; `spate "
                                    "history` shows when it began");
    if (!found) return stop("unknown_item", "'" + path.key + "' did not exist at that point");
    if (path.is_list) {
      TRY(write_items(fold, stream, *view, path, request, now, body));
      return body;
    }
    JsonWriter out(body);
    write_view(*stream.domain, *view, as_bytes(value), now, out);
    return body;
  }
  ensure_failed("every domain of the log is projected", __FILE__, __LINE__);
}

}  // namespace spate::cli
