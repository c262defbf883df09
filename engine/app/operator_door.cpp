// Wishes as JSON: every member is known, or it is refused.
#include "engine/app/operator_door.hpp"

#include "engine/base/text.hpp"
#include "engine/codec/json_value.hpp"

namespace spate {
namespace {

using Kind = JsonValue::Kind;
constexpr uint64_t mib = uint64_t{1} << 20, rate_mib_max = 1 << 20;

tl::unexpected<Fault> wrong(const std::string& what) { return stop("wish_invalid", what); }

Result<uint64_t> rate_of(const JsonValue& value) {
  const auto rate = static_cast<uint64_t>(value.integer);
  if (value.kind == Kind::integer && value.integer >= 1 && rate <= rate_mib_max) return rate * mib;
  return wrong("rate_mib must be 1.." + std::to_string(rate_mib_max));
}

Result<void> read_member(const std::string& name, const JsonValue& value, SnapshotWish& wish) {
  if (name == "directory" || name == "name") {
    if (value.kind != Kind::text) return wrong(name + " must be a text");
    (name == "name" ? wish.name : wish.folder) = value.text;
    return {};
  }
  if (name == "rate_mib") {
    TRY(wish.rate_bytes, rate_of(value));
    return {};
  }
  NearestName near(name);
  for (const char* known : {"directory", "name", "rate_mib"}) near.offer(known);
  return wrong("'" + name + "' is not known here" + near.hint());
}

Result<SnapshotWish> read_wish(std::string_view body) {
  const Result<JsonValue> value = JsonValue::parse(body);
  if (!value || value->kind != Kind::object) return wrong("the body must be a JSON object");
  SnapshotWish wish;
  for (const auto& [name, member] : value->members) TRY(read_member(name, member, wish));
  if (!wish.folder.starts_with('/'))
    return wrong("directory must be an absolute path, as the server sees it");
  return wish;
}

/// Bytes a second; 0: none is wished.
Result<uint64_t> read_scan_wish(std::string_view body) {
  if (body.empty()) return uint64_t{0};
  const Result<JsonValue> value = JsonValue::parse(body);
  if (!value || value->kind != Kind::object) return wrong("the body must be a JSON object");
  uint64_t rate = 0;
  for (const auto& [name, member] : value->members) {
    if (name != "rate_mib")
      return wrong("'" + name + "' is not known here; there is rate_mib");
    TRY(rate, rate_of(member));
  }
  return rate;
}

edge::Problem problem_of(const Fault& fault) {
  for (const char* conflict : {"snapshot_conflict", "scan_conflict"})
    if (fault.code == conflict) return {.status = 409, .code = conflict, .detail = fault.detail};
  return {.status = 400, .code = "malformed_request", .detail = fault.detail};
}

}  // namespace

std::variant<std::string, edge::Problem> OperatorDoor::take_snapshot(std::string_view body) {
  Result<SnapshotWish> wish = read_wish(body);
  if (!wish) return problem_of(wish.error());
  if (const auto taken = snapshots_.take(std::move(*wish)); !taken)
    return problem_of(taken.error());
  return snapshots_.status();
}

std::variant<std::string, edge::Problem> OperatorDoor::order_scan(std::string_view body) {
  const Result<uint64_t> rate = read_scan_wish(body);
  if (!rate) return problem_of(rate.error());
  if (const auto asked = scan_.ask(*rate); !asked) return problem_of(asked.error());
  return scan_.status();
}

}  // namespace spate
