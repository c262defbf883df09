// LogCut: which records a log keeps when it is cut at a point of its past.
#pragma once
#include <functional>
#include <optional>

#include "engine/base/position.hpp"
#include "engine/log/segment_survey.hpp"
#include "engine/snapshots/files.hpp"

namespace spate {

/// One of the three. A time: all that was stamped until then, in every partition; what a look back
/// at that time shows. A position: the log as it was behind the last of the outcomes that it names,
/// in the one order of all partitions, without the commands that were undecided then: they would be
/// decided at the next start, and lie beyond the position.
struct CutPoint {
  std::optional<Instant> time;
  std::optional<Position> position;
  bool beginning = false;  ///< before the first record: nothing is kept
  std::string flag = "--until";  ///< that gave it, as faults call it
};

/// Of each partition a beginning of its outcomes and one of its commands, by dense index.
struct LogCut {
  std::vector<Sequence> outcomes;  ///< the last that is kept; 0: none
  std::vector<Cause> commands;
  Instant newest;                  ///< stamp of what is kept; of the first record, if nothing is
  uint64_t outcomes_kept = 0;
  uint64_t outcomes_dropped = 0;
  uint64_t commands_dropped = 0;

  bool drops() const { return outcomes_dropped + commands_dropped > 0; }
  bool keeps(const Topology& topology, const RecordHead& record) const;
  /// Whether these states have nothing beyond it.
  bool reaches(const Topology& topology, const std::vector<PartitionState>& states) const;
  /// Whether they have all that it keeps.
  bool lies_before(const Topology& topology, const std::vector<PartitionState>& states) const;
};

/// Reads and checks the whole log. `taken`: nothing later is known. Faults: `before_the_log`,
/// `beyond_the_end`, `position_unknown`, each with what to do; those of `walk_log`. `on_read`,
/// which may be empty, is told the bytes of each group behind it.
Result<LogCut> find_cut(Storage& log, const CutPoint& point, Instant taken,
                        const std::function<void(uint64_t bytes)>& on_read = {});

/// Makes a closed segment out of `places[at]` and what the cut keeps of those behind it. The other
/// groups keep their bytes up to the first that loses a record. Requires: the log was checked.
Result<SegmentEnd> write_cut_segment(Storage& from, const Hash128& log, const Topology& topology,
                                     const std::vector<SegmentPlace>& places, std::size_t at,
                                     const LogCut& cut, StoredFile& into);

}  // namespace spate
