// OutcomeWalk: durable outcomes of one partition in order, a bounded number at a time.
#pragma once
#include <functional>

#include "engine/log/log.hpp"
#include "schemas/envelope_generated.h"

namespace spate {

/// Holds one batch at a time, however long the way. One thread.
class OutcomeWalk {
 public:
  /// Begins behind that outcome; 0 = at the first.
  OutcomeWalk(Log& log, PartitionId partition, Sequence behind)
      : log_(log), partition_(partition), at_(behind) {}

  enum class Pause : uint8_t {
    spent,    ///< as many as were allowed have been visited
    ended,    ///< nothing behind it is durable now
    stopped,  ///< `visit` said false
  };
  /// False: enough; the outcome counts as visited.
  using Visit = std::function<bool(const RecordView&)>;
  /// Visits up to `outcomes_max`. Faults: of reading; `log_gap` when the next outcome is not there
  /// but later ones are.
  Result<Pause> step(uint64_t outcomes_max, const Visit& visit);

  PartitionId partition() const { return partition_; }
  /// The last outcome that was visited.
  Sequence at() const { return at_; }

 private:
  Log& log_;
  const PartitionId partition_;
  Sequence at_;
  BatchPtr batch_;
};

/// The time of an outcome; none when it is not there (yet).
Result<std::optional<Instant>> time_of(Log& log, PartitionId partition, Sequence sequence);
/// The last durable outcome that is not later than `time`; 0 when all are. Times never go back in a
/// partition (A1), so this takes a few dozen reads, however long the log is.
Result<Sequence> last_until(Log& log, PartitionId partition, Instant time);

/// The command from which an outcome was decided, as far as it can be had.
struct KeptCommand {
  const envelope::Command* command = nullptr;  ///< null: the log does not keep it
  BatchPtr batch;                              ///< keeps it; null: it lies in the outcome itself
};
/// Of a parked or refused one it is the outcome that has it; else the log of commands, where it is
/// the owner that numbers them: topics forget commands. Of a redriven command it is the one that
/// was parked. Any thread.
Result<KeptCommand> command_of_outcome(Log& log, PartitionId partition,
                                       const envelope::Outcome& outcome);

}  // namespace spate
