// Orders to snapshots and scans.
#include "engine/app/operator_door.hpp"

namespace spate {
namespace {

constexpr uint64_t mib_bytes = 1 << 20, rate_mib_max = 1 << 20;

/// Bytes a second; left alone when none is wished.
void read_rate(Wish& wish, uint64_t& rate_bytes) {
  uint64_t rate_mib = rate_bytes / mib_bytes;
  wish.read("rate_mib", rate_mib, 1, rate_mib_max);
  rate_bytes = rate_mib * mib_bytes;
}

SnapshotWish read_snapshot(Wish& wish) {
  SnapshotWish snapshot;
  wish.read("directory", snapshot.folder);
  wish.read("name", snapshot.name);
  read_rate(wish, snapshot.rate_bytes);
  if (!snapshot.folder.starts_with('/'))
    wish.fault(whole_payload.member("directory"),
               "must be an absolute path, as the server sees it");
  return snapshot;
}

}  // namespace

std::variant<std::string, edge::Problem> OperatorDoor::take_snapshot(std::string_view body) {
  Wish wish(body);
  SnapshotWish snapshot = read_snapshot(wish);
  if (FieldFaults faults = wish.end(); !faults.empty()) return edge::malformed(std::move(faults));
  if (const auto taken = snapshots_.take(std::move(snapshot)); !taken)
    return refused_order(taken.error());
  return snapshots_.status();
}

std::variant<std::string, edge::Problem> OperatorDoor::order_scan(std::string_view body) {
  Wish wish(body);
  uint64_t rate_bytes = 0;
  read_rate(wish, rate_bytes);
  if (FieldFaults faults = wish.end(); !faults.empty()) return edge::malformed(std::move(faults));
  if (const auto asked = scan_.ask(rate_bytes); !asked) return refused_order(asked.error());
  return scan_.status();
}

}  // namespace spate
