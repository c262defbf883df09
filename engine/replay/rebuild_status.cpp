// The status as JSON: what `GET /admin/replay` answers.
#include "engine/replay/rebuild_status.hpp"

namespace spate {
namespace {

constexpr std::string_view stages[] = {"none",  "folding",     "fencing", "reaching",
                                       "comparing", "ready",   "approaching", "holding",
                                       "switched",  "failed",  "leaving"};
constexpr std::string_view orders[] = {"pause", "resume", "switch", "cancel", "commit", "rollback"};

}  // namespace

std::string_view name_of(RebuildStage stage) { return stages[static_cast<std::size_t>(stage)]; }
std::string_view name_of(RebuildOrder order) { return orders[static_cast<std::size_t>(order)]; }

void RebuildStatus::write(JsonWriter& out) const {
  out.begin_object();
  out.member("stage", name_of(stage));
  out.key("projections");
  out.begin_array();
  for (const std::string& name : projections) out.string(name);
  out.end_array();
  out.member("generation", uint64_t{generation});
  out.member("paused", paused);
  out.member("ordered", is_ordered);
  out.member("waiting", waiting);
  out.member("reason", reason);
  out.member("folded", folded);
  out.member("outcomes", wanted);
  out.key("outcomes_per_second");
  out.number(outcomes_per_s);
  out.key("eta_seconds");
  if (outcomes_per_s > 0) out.number(static_cast<double>(wanted - folded) / outcomes_per_s);
  else out.null();
  out.key("partitions");
  out.begin_array();
  for (const Part& part : parts) {
    out.begin_object();
    out.member("partition", part.partition);
    out.member("folded", part.folded.value);
    out.member("outcomes", part.wanted.value);
    out.end_object();
  }
  out.end_array();
  out.key("views");
  out.begin_array();
  for (const Views& views : generations) {
    out.begin_object();
    out.member("projection", views.projection);
    out.member("generation", uint64_t{views.generation});
    out.member("role", views.role);
    out.member("version", views.version);
    out.member("outdated", !views.binary_has.empty());
    out.member("binary_has", views.binary_has.empty() ? views.version : views.binary_has);
    out.end_object();
  }
  out.end_array();
  out.key("switch_pause_ms");
  if (pause_ns >= 0) out.number(static_cast<double>(pause_ns) / 1e6);
  else out.null();
  out.member("last", last);
  out.key("report");
  if (report) report->write(out);
  else out.null();
  out.end_object();
}

}  // namespace spate
