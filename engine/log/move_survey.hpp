// MoveSurvey: what of an embedded log has to be moved, and whether it stands still (the fence).
#pragma once
#include <vector>

#include "engine/log/log.hpp"
#include "engine/log/log_piece.hpp"

namespace spate {

/// Of one partition.
struct MovedPartition {
  PartitionId id;
  Tail tail;               ///< `command` = `cause`: what lies beyond are repetitions, left behind
  uint64_t claims = 0;     ///< epochs in which outcomes were written
  uint64_t records() const { return tail.cause.value + tail.sequence.value + claims; }
};

/// Reads every outcome. Faults: `undecided` when a command was taken and has no outcome yet: its
/// stamp would be lost, so the server has to decide it first; those of reading, `log_rot`.
Result<std::vector<MovedPartition>> survey_for_move(Log& log);

/// Each outcome of a partition from `from` on. Faults: of reading, of `visit`.
template <class Visit>
Result<void> each_record(Log& log, LogSide side, PartitionId partition, uint64_t from,
                         Visit&& visit) {
  for (uint64_t next = from;;) {
    TRY(const BatchPtr batch, log.read(side, partition, next, log_piece_bytes));
    if (batch == nullptr || batch->last() < next) return {};
    for (const RecordView record : *batch)
      if (record.head.number >= next) TRY(visit(record));
    next = batch->last() + 1;
  }
}

}  // namespace spate
