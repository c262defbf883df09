// ThreadBell: an atomic that says whether the owner sleeps, so a ring while awake is one exchange.
#include "engine/base/bell.hpp"

#include <chrono>

namespace spate {
namespace {
constexpr uint32_t quiet = 0, rung = 1, asleep = 2;
}

void ThreadBell::ring() {
  if (state_.exchange(rung) == asleep) {
    std::lock_guard lock(mutex_);  // the owner is between its check and its wait, or in it
    wake_.notify_one();
  }
}

void ThreadBell::wait(int64_t timeout_ns) {
  uint32_t expected = quiet;
  if (state_.compare_exchange_strong(expected, asleep)) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::nanoseconds(timeout_ns),
                   [this] { return state_.load() == rung; });
  }
  state_.exchange(quiet);  // before the owner looks at its queues: later rings are seen next time
}

}  // namespace spate
