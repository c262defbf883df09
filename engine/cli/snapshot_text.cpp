// Sizes in the largest unit of which there is at least one.
#include "engine/cli/snapshot_text.hpp"

#include <cstdio>

#include "engine/base/chance.hpp"
#include "engine/base/position.hpp"
#include "engine/codec/rfc3339.hpp"

namespace spate::cli {

std::string size_text(uint64_t bytes) {
  static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < std::size(units); ++unit) size /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
  return text;
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", seconds);
  return text;
}

JsonValue value_of(const ListedSnapshot& listed, bool position) {
  JsonValue value = object_value({{"name", text_value(listed.name)},
                                  {"whole", boolean_value(listed.whole.has_value())}});
  auto& members = value.members;
  if (!listed.whole) {
    for (const char* unknown : {"taken", "newest_outcome", "outcomes", "size", "segments"})
      members.emplace_back(unknown, JsonValue{});
    if (position) members.emplace_back("why_not", text_value(listed.why_not));
    return value;
  }
  const Snapshot& snapshot = *listed.whole;
  const Instant newest = snapshot.newest();
  members.emplace_back("taken", text_value(to_rfc3339(snapshot.taken)));
  members.emplace_back("newest_outcome",
                       newest.ns == 0 ? JsonValue{} : text_value(to_rfc3339(newest)));
  members.emplace_back("outcomes", integer_value(snapshot.outcomes()));
  members.emplace_back("size", position ? integer_value(snapshot.bytes())
                                        : text_value(size_text(snapshot.bytes())));
  members.emplace_back("segments", integer_value(snapshot.segments.size()));
  if (!position) return value;
  Position at{snapshot.log.incarnation, {}};
  for (const PartitionState& p : snapshot.partitions)
    if (p.tail.sequence.value > 0) at.raise(p.id, p.tail.sequence);
  members.emplace_back("position", text_value(to_token(at)));
  return value;
}

Result<std::optional<CutPoint>> cut_point(std::string_view flag, const std::string& text) {
  if (text.empty()) return std::optional<CutPoint>();
  CutPoint point;
  point.flag = flag;
  Instant time;
  Position position;
  if (from_rfc3339(text, time)) point.time = time;
  else if (from_token(text, position)) point.position = position;
  else
    return stop("usage", std::string(flag) + " '" + text +
                             "' is neither a position that an answer carried nor a time as "
                             "2026-11-29T18:00:00Z");
  return std::optional<CutPoint>(point);
}

uint64_t new_incarnation() { return chance(); }

}  // namespace spate::cli
