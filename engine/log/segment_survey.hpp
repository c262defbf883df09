// Survey: which segments a directory has, read from their openings; a missing one is refused.
#pragma once
#include "engine/log/closed_segment.hpp"

namespace spate {

/// One segment that counts.
struct SegmentPlace {
  uint64_t segment = 0;
  uint64_t file_bytes = 0;             ///< as its opening says
  uint64_t first_group = 0;            ///< the number of its opening
  uint64_t last_group = ~uint64_t{0};  ///< groups beyond it, if any, are not of the log
  uint64_t first_offset = 0;           ///< behind the opening
  Hash128 opening_hash;
  Hash128 previous;                    ///< hash of the last group of the segment before
  std::vector<PartitionState> states;  ///< before the first group
};

struct Survey {
  std::vector<SegmentPlace> segments;  ///< in order; each ends where the next one begins
  std::vector<uint64_t> unopened;      ///< files behind the last that hold nothing (yet)
};

/// Faults: `log_rot`, naming file and offset; `segment_missing`.
Result<Survey> survey(Storage& storage, const Hash128& log);

/// "directory/segment-….log at 8192: what" as a fault that stops.
tl::unexpected<Fault> rot(const Storage& storage, uint64_t segment, uint64_t offset,
                          const std::string& what);

}  // namespace spate
