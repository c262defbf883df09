// Bell: how one component wakes the thread that steps another; costs no system call when awake.
#pragma once
#include <atomic>
#include <cstdint>

namespace spate {

class Bell {
 public:
  virtual ~Bell() = default;
  /// Any thread. There is work for the owner of this bell.
  virtual void ring() = 0;
};

/// For simulation and tests that step by hand.
class SilentBell final : public Bell {
 public:
  void ring() override {}
};

/// The bell of a thread that sleeps in `wait` between steps.
class ThreadBell final : public Bell {
 public:
  void ring() override;
  /// Returns when rung since the last return, or after `timeout_ns`. The owning thread alone.
  void wait(int64_t timeout_ns);

 private:
  std::atomic<uint32_t> state_{0};  // 0 quiet, 1 rung, 2 asleep
};

}  // namespace spate
