// The clock of the machine.
#include "engine/base/clock.hpp"

#include <chrono>

namespace spate {

Instant SystemClock::wall() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
}

int64_t SystemClock::monotonic_ns() const {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

}  // namespace spate
