// OffsetIndex: where each valid outcome lies in its topic, as runs of neighbours.
#pragma once
#include <optional>
#include <vector>

#include "engine/base/ids.hpp"

namespace spate {

/// Outcomes `first` and on lie at offsets `offset` and on: all up to the next run, or, in a run
/// that took in others, the first `neighbours` of them; those behind lie somewhere between records
/// that do not count. A new run begins where such a one lies between two outcomes: an ownership
/// record, a straggler.
struct OffsetRun {
  Sequence first;
  int64_t offset = 0;
  uint64_t neighbours = 0;  ///< 0: all
};

/// Bounded: when there are `runs_max` of them, the shorter half is taken in by the runs before. Of
/// what lies in those the index knows the record before, from which the topic is to be folded again
/// to find it: that costs time, but never an answer.
class OffsetIndex {
 public:
  static constexpr std::size_t runs_max_default = 4'096;
  static constexpr std::size_t runs_max_min = 4;
  explicit OffsetIndex(std::vector<OffsetRun> runs = {},
                       std::size_t runs_max = runs_max_default);

  /// The outcome `first`, the next of all, lies at `offset`, and those that follow it behind.
  void add(Sequence first, int64_t offset);

  struct Place {
    int64_t offset = 0;
    /// Where what is looked for lies, and how many outcomes lie without a gap from there on, the
    /// latest run being without end; or 0: it lies behind `offset`, where outcome `known` lies.
    uint64_t neighbours = 0;
    Sequence known;
  };
  /// Nothing: it is below all.
  std::optional<Place> find(Sequence sequence) const;

  const std::vector<OffsetRun>& runs() const { return runs_; }

 private:
  void thin();

  std::vector<OffsetRun> runs_;
  std::size_t runs_max_;
};

}  // namespace spate
