// RebuildStatus: what an operator sees of a rebuild, and what can be ordered.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/replay/diff_report.hpp"
#include "engine/replay/generation_plan.hpp"

namespace spate {

enum class RebuildStage : uint8_t {
  none,
  folding,      ///< from outcome 0
  fencing,      ///< the old generation is written up to where it stands: there both are compared
  reaching,     ///< the new one is folded up to exactly there
  comparing,
  ready,        ///< proven; waits for `switch` or `cancel`
  approaching,  ///< handed to the live projectors; the last outcomes before readers move
  holding,      ///< readers are about to move: one side stands still
  switched,     ///< the new one serves; waits for `commit` or `rollback`
  failed,       ///< waits for `cancel`
  leaving,      ///< a generation is being removed
};
std::string_view name_of(RebuildStage stage);

enum class RebuildOrder : uint8_t { pause, resume, switch_over, cancel, commit, rollback };
std::string_view name_of(RebuildOrder order);

struct RebuildStatus {
  RebuildStage stage = RebuildStage::none;
  std::vector<std::string> projections;
  uint32_t generation = 0;
  bool paused = false;
  bool is_ordered = false;  ///< shown as ordered, not yet carried out: a crash might forget it
  std::string waiting;  ///< why it does not go on just now, if so
  std::string reason;   ///< why it failed, or what the proof said
  struct Part {
    std::string partition;  ///< `orders/0`
    Sequence folded, wanted;
  };
  std::vector<Part> parts;
  struct Views {  ///< of one projection in one generation
    std::string projection;
    uint32_t generation = 0;
    std::string_view role;   ///< `serves`, `kept` (readers came from there), `rebuilt`
    std::string version;     ///< see ProjectionVersion
    std::string binary_has;  ///< another version, by which they cannot be folded; else empty
  };
  std::vector<Views> generations;
  uint64_t folded = 0, wanted = 0;  ///< outcomes, over all parts
  double outcomes_per_s = 0;        ///< lately
  std::optional<DiffReport> report;
  int64_t pause_ns = -1;  ///< for how long views stood still when readers moved last; -1: never
  std::string last;       ///< how the rebuild before ended

  /// One object.
  void write(JsonWriter& out) const;
};

}  // namespace spate
