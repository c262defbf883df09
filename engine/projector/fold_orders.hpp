// FoldOrders: what others ask of the thread that folds a partition; it looks once a step.
#pragma once
#include <atomic>

#include "engine/base/ids.hpp"

namespace spate {

/// All methods of the first part: any thread; then wake the folding thread.
class FoldOrders {
 public:
  static constexpr uint64_t no_limit = ~uint64_t{0};

  /// Fold no further than this outcome; none: as far as the log goes.
  void fold_to(Sequence last = {no_limit}) {
    last_.store(last.value, std::memory_order_relaxed);
  }
  /// Fold nothing at all, until told otherwise. `is_held` tells when that is so: from then on the
  /// position stands still.
  void hold(bool on) { hold_.store(on, std::memory_order_release); }
  bool is_held() const { return held_.load(std::memory_order_acquire); }
  /// Fold nothing any more, whatever else is ordered.
  void halt() { halted_.store(true, std::memory_order_relaxed); }
  /// Write to the store what is folded, soon, not only when enough has come together.
  void ask_freeze() { freeze_.store(true, std::memory_order_release); }

  // The folding thread.
  /// Once a step, before it folds.
  void obey() {
    const bool hold = hold_.load(std::memory_order_relaxed);
    if (hold != held_.load(std::memory_order_relaxed)) held_.store(hold, std::memory_order_release);
  }
  Sequence last() const {
    if (halted_.load(std::memory_order_relaxed)) return {0};
    if (held_.load(std::memory_order_relaxed)) return {0};
    return {last_.load(std::memory_order_relaxed)};
  }
  bool wants_freeze() const { return freeze_.load(std::memory_order_relaxed); }
  /// Requires: before what is frozen is chosen.
  void freeze_begins() { freeze_.store(false, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> last_{no_limit};
  std::atomic<bool> hold_{false};
  std::atomic<bool> held_{false};
  std::atomic<bool> halted_{false};
  std::atomic<bool> freeze_{false};
};

}  // namespace spate
