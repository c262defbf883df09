// SegmentScan: the groups of one segment up to one that is known to be there, each of them checked.
#pragma once
#include "engine/log/tail_check.hpp"
#include "engine/snapshots/files.hpp"

namespace spate {

struct ScannedSegment {
  SegmentEnd end;                      ///< behind the last group
  std::vector<PartitionState> states;  ///< by dense index, at the end
};

/// Reads on to group `last`, whose hash is known to be `hash`. Checksums, chain of groups, chains
/// and causes of outcomes. Faults: `log_rot`, naming file and offset.
Result<ScannedSegment> scan_segment(Storage& storage, const Hash128& log, const Topology& topology,
                                    const SegmentPlace& place, uint64_t last, const Hash128& hash,
                                    const Pace& pace);

}  // namespace spate
