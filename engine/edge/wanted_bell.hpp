// WantedBell: passes rings on only while somebody waits for what they tell.
#pragma once
#include <atomic>
#include <cstdint>

#include "engine/base/bell.hpp"

namespace spate::edge {

/// Rung by any thread after what it tells has changed; `wanted` is of the one thread that waits.
class WantedBell final : public Bell {
 public:
  /// Requires: `to` outlives this.
  explicit WantedBell(Bell& to) : to_(to) {}

  /// A change that changes nothing reads the word: of this and `wanted` the later sees all that the
  /// earlier one's thread did before. So a change is met by the ring of `wanted`, or rings here.
  void ring() override {
    if (wanted_.fetch_or(0) != 0) to_.ring();
  }
  void wanted(bool wanted) {
    if (wanted == was_wanted_) return;
    was_wanted_ = wanted;
    wanted_.exchange(wanted ? 1 : 0);
    if (wanted) to_.ring();  // for what changed unseen since the waiting one looked
  }

 private:
  Bell& to_;
  std::atomic<uint32_t> wanted_{0};
  bool was_wanted_ = false;
};

}  // namespace spate::edge
