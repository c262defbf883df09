// Every member of a wish is known, or it is refused: a misspelt expectation must not be dropped.
#include "engine/app/replay_door.hpp"

#include <algorithm>

#include "engine/base/text.hpp"
#include "engine/codec/json_value.hpp"

namespace spate {
namespace {

using Kind = JsonValue::Kind;
constexpr uint64_t examples_max = 1'000;

tl::unexpected<Fault> wrong(const std::string& what) { return stop("wish_invalid", what); }

Result<std::vector<std::string>> texts(const std::string& name, const JsonValue& value) {
  std::vector<std::string> list;
  if (value.kind != Kind::list) return wrong(name + " must be an array of names");
  for (const JsonValue& item : value.items) {
    const bool is_word = item.kind == Kind::text && !item.text.empty() &&
                         item.text.find_first_of(" \n\t\r") == std::string::npos;
    if (!is_word) return wrong(name + " must be an array of names");
    list.push_back(item.text);
  }
  return list;
}

Result<bool> truth(const std::string& name, const JsonValue& value) {
  if (value.kind != Kind::boolean) return wrong(name + " must be true or false");
  return value.boolean;
}

Result<uint64_t> number(const std::string& name, const JsonValue& value, uint64_t min,
                        uint64_t max) {
  const auto given = static_cast<uint64_t>(value.integer);
  if (value.kind == Kind::integer && value.integer >= 0 && given >= min && given <= max)
    return given;
  return wrong(name + " must be " + std::to_string(min) + ".." + std::to_string(max));
}

Result<void> read_member(const std::string& name, const JsonValue& value, RebuildWish& wish,
                         bool& same, bool& any) {
  if (name == "projections") {
    TRY(wish.projections, texts(name, value));
  } else if (name == "expect_same") {
    TRY(same, truth(name, value));
  } else if (name == "expect_any") {
    TRY(any, truth(name, value));
  } else if (name == "expect_changed") {
    TRY(wish.fields, texts(name, value));
  } else if (name == "hold") {
    TRY(wish.hold, truth(name, value));
  } else if (name == "budget_percent") {
    TRY(wish.budget_percent, number(name, value, 1, 100));
  } else if (name == "examples") {
    TRY(wish.examples_max, number(name, value, 0, examples_max));
  } else {
    NearestName near(name);
    for (const char* known : {"projections", "expect_same", "expect_any", "expect_changed", "hold",
                              "budget_percent", "examples"})
      near.offer(known);
    return wrong("'" + name + "' is not known here" + near.hint());
  }
  return {};
}

edge::Problem problem_of(const Fault& fault) {
  if (fault.code == "unknown_projection")
    return {.status = 404, .code = "unknown_projection", .detail = fault.detail};
  if (fault.code == "replay_conflict")
    return {.status = 409, .code = "replay_conflict", .detail = fault.detail};
  if (fault.code == "storage_full")
    return {.status = 503, .code = "storage_full", .detail = fault.detail};
  return {.status = 400, .code = "malformed_request", .detail = fault.detail};
}

}  // namespace

std::string ReplayDoor::replay() {
  std::string json;
  JsonWriter out(json);
  engine_.rebuild().status().write(out);
  return json;
}

std::variant<std::string, edge::Problem> ReplayDoor::replay_order(std::string_view order,
                                                                  std::string_view body) {
  if (const auto done = carry_out(order, body); !done) return problem_of(done.error());
  engine_.rebuild_bell().ring();
  return replay();
}

Result<void> ReplayDoor::carry_out(std::string_view order, std::string_view body) {
  if (order == "rebuild") {
    TRY(RebuildWish wish, read_wish(std::string(body.empty() ? "{}" : body)));
    return engine_.rebuild().ask(std::move(wish));
  }
  for (const RebuildOrder known :
       {RebuildOrder::pause, RebuildOrder::resume, RebuildOrder::switch_over, RebuildOrder::cancel,
        RebuildOrder::commit, RebuildOrder::rollback})
    if (order == name_of(known)) return engine_.rebuild().ask(known);
  return wrong("'" + std::string(order) + "' is no order to a replay");
}

Result<RebuildWish> ReplayDoor::read_wish(const std::string& body) const {
  const Result<JsonValue> value = JsonValue::parse(body);
  if (!value || value->kind != Kind::object) return wrong("the body must be a JSON object");
  RebuildWish wish;
  bool same = false, any = false;
  for (const auto& [name, member] : value->members) TRY(read_member(name, member, wish, same, any));
  if (wish.projections.empty())
    for (const DomainPlan& domain : catalog_.domains()) wish.projections.push_back(domain.name);
  if (same + any + !wish.fields.empty() > 1)
    return wrong("expect_same, expect_any and expect_changed say different things: keep one");
  if (any) wish.expect = RebuildWish::Expect::anything;
  if (same) wish.expect = RebuildWish::Expect::same;
  if (!wish.fields.empty()) wish.expect = RebuildWish::Expect::fields;
  TRY(check_fields(wish));
  return wish;
}

/// A field that no view has would never be found changed, and what changed would be refused.
Result<void> ReplayDoor::check_fields(const RebuildWish& wish) const {
  std::vector<std::string> known{std::string(stored_form_field)};
  for (const std::string& name : wish.projections) {
    const DomainPlan* domain = catalog_.find(name);
    if (domain == nullptr) return {};  // told by whoever knows the projections
    for (const ViewPlan& view : domain->views)
      for (const FieldPlan& field : view.table->fields) {
        known.push_back(field.name);
        known.push_back(view.table->wire_name + "." + field.name);
      }
  }
  for (const std::string& field : wish.fields) {
    if (std::find(known.begin(), known.end(), field) != known.end()) continue;
    NearestName near(field);
    for (const std::string& one : known) near.offer(one);
    return wrong("no view of these projections has a field '" + field + "'" + near.hint());
  }
  return {};
}

}  // namespace spate
