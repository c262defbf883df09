// OffsetIndex: where each valid outcome lies in its topic, as runs of neighbours.
#pragma once
#include <algorithm>
#include <optional>
#include <vector>

#include "engine/base/ids.hpp"

namespace spate {

/// Outcomes `first` and on lie at offsets `offset` and on, up to the next run. A new run begins
/// only where something that does not count lies between: an ownership record, a straggler.
struct OffsetRun {
  Sequence first;
  int64_t offset = 0;
};

class OffsetIndex {
 public:
  OffsetIndex() = default;
  explicit OffsetIndex(std::vector<OffsetRun> runs) : runs_(std::move(runs)) {}

  /// The outcome `first`, the next of all, lies at `offset`, and those that follow it behind.
  void add(Sequence first, int64_t offset) {
    if (!runs_.empty() && at(runs_.back(), first) == offset) return;
    runs_.push_back({first, offset});
  }
  /// Where `sequence` lies, if it lies anywhere, and how many outcomes lie without a gap from there
  /// on, the latest run being without end. Nothing: it is below all.
  struct Place {
    int64_t offset = 0;
    uint64_t neighbours = 0;
  };
  std::optional<Place> find(Sequence sequence) const {
    const auto after = std::partition_point(
        runs_.begin(), runs_.end(), [&](const OffsetRun& run) { return run.first <= sequence; });
    if (after == runs_.begin()) return std::nullopt;
    const uint64_t end = after == runs_.end() ? ~uint64_t{0} : after->first.value;
    return Place{at(*(after - 1), sequence), end - sequence.value};
  }

  const std::vector<OffsetRun>& runs() const { return runs_; }

 private:
  static int64_t at(const OffsetRun& run, Sequence sequence) {
    return run.offset + static_cast<int64_t>(sequence.value - run.first.value);
  }
  std::vector<OffsetRun> runs_;
};

}  // namespace spate
