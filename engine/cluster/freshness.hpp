// Freshness: how long ago everything that was durable is surely folded into what a node shows.
#pragma once
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/base/clock.hpp"

namespace spate {

/// Points say: all outcomes that were durable at that instant end with that sequence. Views that
/// have reached a point are behind by no more than the time since. Bounded: when views lag so much
/// that more points wait than it keeps, every other one is forgotten, which makes the bound coarser
/// and never wrong. Any thread.
class Freshness {
 public:
  static constexpr std::size_t points_max = 64;  ///< of a partition

  /// `partitions`: by dense index.
  Freshness(std::size_t partitions, const Clock& clock) : clock_(clock), points_(partitions) {}

  /// What was durable at `asked_ns` (of the clock, monotonic) ends with `sequence`. Points of a
  /// partition come in order.
  void know(std::size_t dense, Sequence sequence, int64_t asked_ns);
  /// By how much, at most, views at `sequence` are behind the log; nothing while that is not known.
  std::optional<int64_t> behind_ns(std::size_t dense, Sequence sequence) const;

 private:
  struct Point {
    Sequence sequence;
    int64_t asked_ns = 0;
  };
  const Clock& clock_;
  mutable std::mutex mutex_;  // held for a look
  std::vector<std::deque<Point>> points_;
};

}  // namespace spate
