// ThreadBell: one word that says whether the owner sleeps, so a ring while awake is one exchange.
// The owner sleeps on that word itself (futex): with a mutex and a condition variable it would wake
// into the lock of who rings, and a thread that shares its core with it be switched to twice.
#include "engine/base/bell.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>

namespace spate {
namespace {

constexpr uint32_t quiet = 0, rung = 1, asleep = 2;

int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// Returns when woken, after `timeout_ns`, by a signal, or at once when `word` is not `expected`.
void sleep_while(std::atomic<uint32_t>& word, uint32_t expected, int64_t timeout_ns) {
  static_assert(sizeof word == sizeof(uint32_t) && std::atomic<uint32_t>::is_always_lock_free);
  const timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, &timeout, nullptr, 0);
}

void wake(std::atomic<uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace

void ThreadBell::ring() {
  // The address alone is used after the exchange: the bell may be gone by then.
  if (state_.exchange(rung) == asleep) wake(state_);
}

void ThreadBell::wait(int64_t timeout_ns) {
  const int64_t deadline = now_ns() + timeout_ns;
  uint32_t expected = quiet;
  if (state_.compare_exchange_strong(expected, asleep))
    for (int64_t left = timeout_ns; left > 0 && state_.load() == asleep; left = deadline - now_ns())
      sleep_while(state_, asleep, left);
  state_.exchange(quiet);  // before the owner looks at its queues: later rings are seen next time
}

}  // namespace spate
