// VirtualClock: time that moves only when a test says so.
#pragma once
#include "engine/base/clock.hpp"

namespace spate {

class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Instant start = {1'000'000'000'000'000'000}) : wall_(start) {}
  Instant wall() const override { return wall_; }
  int64_t monotonic_ns() const override { return monotonic_ns_; }

  void advance_ns(int64_t ns) {
    wall_.ns += ns;
    monotonic_ns_ += ns;
  }
  /// The wall clock alone jumps, as an operator or a broken time server makes it.
  void jump_wall_to(Instant instant) { wall_ = instant; }

 private:
  Instant wall_;
  int64_t monotonic_ns_ = 0;
};

}  // namespace spate
