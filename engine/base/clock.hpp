// The only clock of the engine: wall time for stamps, monotonic time for waiting.
#pragma once
#include "engine/base/ids.hpp"

namespace spate {

class Clock {
 public:
  virtual ~Clock() = default;
  /// UTC, may jump.
  virtual Instant wall() const = 0;
  /// Nanoseconds since some fixed instant of this process; never goes back.
  virtual int64_t monotonic_ns() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant wall() const override;
  int64_t monotonic_ns() const override;
};

}  // namespace spate
