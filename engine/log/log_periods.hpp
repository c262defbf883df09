// LogPeriods: at which outcomes the log enters a new period of time: the same ones on every node.
#pragma once
#include <limits>
#include <optional>

#include "engine/log/record_batch.hpp"

namespace spate {

/// Outcomes carry the time of the log, which never goes back within a partition (F1), so nobody has
/// to agree: whoever folds a partition finds the first outcome of each period, and what is recorded
/// there can be compared with what others recorded.
class LogPeriods {
 public:
  /// 0: there are none.
  explicit LogPeriods(int64_t period_ns = 0) : period_ns_(period_ns) {}

  bool are_kept() const { return period_ns_ > 0; }
  /// Whether an outcome of that time is the first of its period; never, before it is known what
  /// stands before it.
  bool begins(Instant time) const { return time.ns >= next_ns_; }
  /// The first outcome of `batch` beyond `done`, and no further than `until`, that begins a period;
  /// none: they are all of the period before. Requires: what was gone behind is `done`.
  std::optional<Sequence> beginning(const RecordBatch& batch, Sequence done, Sequence until) const;
  /// What comes next stands behind an outcome of that time.
  void go_behind(Instant time) {
    if (are_kept()) next_ns_ = (time.ns / period_ns_ + 1) * period_ns_;
  }

 private:
  int64_t period_ns_;
  int64_t next_ns_ = std::numeric_limits<int64_t>::max();
};

}  // namespace spate
