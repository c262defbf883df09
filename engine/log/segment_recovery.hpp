// Recovery: finds where the log ends, tells a torn tail from rot (B2), and rescues the tail (B3).
#pragma once
#include "engine/log/segment_survey.hpp"

namespace spate {

/// What somebody outside the log knows to be durable, such as a checkpoint of rows.
struct KnownPosition {
  PartitionId partition;
  Sequence sequence;
};

struct Recovered {
  std::vector<SegmentPlace> segments;
  std::vector<PartitionState> states;  ///< by dense index, at the end
  SegmentEnd end;                      ///< of the last segment, which is sealed
  bool was_clean = true;
  uint64_t records_rescued = 0;  ///< written again because their sync may have failed
  uint64_t bytes_cut = 0;        ///< torn, never acknowledged
};

/// Reads the last segment, decides, repairs. Everything found is durable when it returns.
/// Faults: `log_rot` (acknowledged records are damaged: nothing was changed), `segment_missing`,
/// `storage_full` (no room to rescue the tail), `storage_failed`.
Result<Recovered> recover(Storage& storage, const Hash128& log, const Topology& topology,
                          std::span<const KnownPosition> known);

}  // namespace spate
