// Stamp: the time of commands: monotone per partition, guarded against a clock that jumps (F1, F2).
#pragma once
#include "engine/base/clock.hpp"
#include "engine/base/result.hpp"

namespace spate {

/// The sequencer of one partition asks it once a batch.
class Stamp {
 public:
  static constexpr int64_t jump_ns_max = int64_t{5} * 60 * 1'000'000'000;

  explicit Stamp(const Clock& clock) : clock_(clock) {}

  /// Begins behind `last`, the stamp of the newest record. Faults: `clock_behind` when the wall
  /// clock is more than 5 min before it, unless `confirmed`.
  Result<void> open(Instant last, bool confirmed);
  /// max(last stamp, wall). Faults: `clock_jumped` when the wall clock ran more than 5 min ahead of
  /// the last stamp plus the time that really passed; nothing may be stamped then.
  Result<Instant> next();

 private:
  const Clock& clock_;
  Instant last_;
  Instant anchor_wall_;
  int64_t anchor_monotonic_ = 0;
};

}  // namespace spate
