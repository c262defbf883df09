// Closed segments: seals, and segments that are written whole at once (a new log, a rescued tail).
#pragma once
#include "engine/log/group_scanner.hpp"

namespace spate {

/// Where a segment's groups end, and how the next segment is chained to it.
struct SegmentEnd {
  uint64_t segment = 0;
  uint64_t number = 0;  ///< of the last group
  Hash128 hash;         ///< of the last group
  uint64_t offset = 0;  ///< behind the last group: there the seals lie
};

/// Both copies of the seal. `rolled`: a later segment has been opened.
ByteBuffer seals(const Hash128& log, const SegmentEnd& end, bool rolled);
/// Whether `group` is a seal of a segment that ends so.
bool is_seal_of(const GroupHead& head, const SegmentEnd& end);

/// A group to be written again into another segment: its file bytes, head and all.
using GroupBytes = ByteBuffer;

/// Makes segment `previous.segment + 1` out of an opening, `groups` and seals, and makes it
/// durable, the opening last: without a whole opening the file counts for nothing.
Result<SegmentEnd> write_closed_segment(Storage& storage, const Hash128& log,
                                        const SegmentEnd& previous,
                                        std::span<const PartitionState> states,
                                        std::vector<GroupBytes> groups);

/// Writes the seals at `end`, makes them durable, and cuts the file behind them.
Result<void> seal_segment(StoredFile& file, const Hash128& log, const SegmentEnd& end, bool rolled);

}  // namespace spate
