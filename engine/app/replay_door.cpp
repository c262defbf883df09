// What is wrong with an order is told before the rebuild hears of it.
#include "engine/app/replay_door.hpp"

#include <algorithm>

#include "engine/base/text.hpp"

namespace spate {
namespace {

constexpr uint64_t examples_max = 1'000;

}  // namespace

edge::Problem refused_order(const Fault& fault) {
  if (fault.code == "unknown_projection")
    return {.status = 404, .code = "unknown_projection", .detail = fault.detail};
  for (const char* conflict : {"replay_conflict", "snapshot_conflict", "scan_conflict"})
    if (fault.code == conflict) return {.status = 409, .code = conflict, .detail = fault.detail};
  if (fault.code == "storage_full")
    return {.status = 503, .code = "storage_full", .detail = fault.detail};
  return {.status = 400, .code = "malformed_request", .detail = fault.detail};
}

std::string ReplayDoor::replay() {
  std::string json;
  JsonWriter out(json);
  engine_.rebuild().status().write(out);
  return json;
}

std::variant<std::string, edge::Problem> ReplayDoor::replay_order(std::string_view order,
                                                                  std::string_view body) {
  Result<void> done;
  if (order == "rebuild") {
    Wish wish(body);
    RebuildWish rebuild = read_rebuild(wish);
    if (FieldFaults faults = wish.end(); !faults.empty()) return edge::malformed(std::move(faults));
    done = engine_.rebuild().ask(std::move(rebuild));
  } else {
    done = carry_out(order);
  }
  if (!done) return refused_order(done.error());
  engine_.rebuild_bell().ring();
  return replay();
}

Result<void> ReplayDoor::carry_out(std::string_view order) {
  for (const RebuildOrder known :
       {RebuildOrder::pause, RebuildOrder::resume, RebuildOrder::switch_over, RebuildOrder::cancel,
        RebuildOrder::commit, RebuildOrder::rollback})
    if (order == name_of(known)) return engine_.rebuild().ask(known);
  return stop("wish_invalid", "'" + std::string(order) + "' is no order to a replay");
}

RebuildWish ReplayDoor::read_rebuild(Wish& wish) const {
  RebuildWish rebuild;
  bool same = false, any = false;
  wish.read("projections", rebuild.projections);
  wish.read("expect_same", same);
  wish.read("expect_any", any);
  wish.read("expect_changed", rebuild.fields);
  wish.read("hold", rebuild.hold);
  wish.read("budget_percent", rebuild.budget_percent, 1, 100);
  wish.read("examples", rebuild.examples_max, 0, examples_max);
  if (rebuild.projections.empty())
    for (const DomainPlan& domain : catalog_.domains()) rebuild.projections.push_back(domain.name);
  if (same + any + !rebuild.fields.empty() > 1)
    wish.fault(whole_payload,
               "expect_same, expect_any and expect_changed say different things: keep one");
  if (any) rebuild.expect = RebuildWish::Expect::anything;
  if (same) rebuild.expect = RebuildWish::Expect::same;
  if (!rebuild.fields.empty()) rebuild.expect = RebuildWish::Expect::fields;
  check_fields(rebuild, wish);
  return rebuild;
}

/// A field that no view has would never be found changed, and what changed would be refused.
void ReplayDoor::check_fields(const RebuildWish& rebuild, Wish& wish) const {
  std::vector<std::string> known{std::string(stored_form_field)};
  for (const std::string& name : rebuild.projections) {
    const DomainPlan* domain = catalog_.find(name);
    if (domain == nullptr) return;  // told by whoever knows the projections
    for (const ViewPlan& view : domain->views)
      for (const FieldPlan& field : view.table->fields) {
        known.push_back(field.name);
        known.push_back(view.table->wire_name + "." + field.name);
      }
  }
  const Place place = whole_payload.member("expect_changed");
  for (std::size_t i = 0; i < rebuild.fields.size(); ++i) {
    const std::string& field = rebuild.fields[i];
    if (std::find(known.begin(), known.end(), field) != known.end()) continue;
    NearestName near(field);
    for (const std::string& one : known) near.offer(one);
    wish.fault(place.item(i),
               "'" + field + "' is a field of no view of these projections" + near.hint());
  }
}

}  // namespace spate
