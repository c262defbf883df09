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

/// Gathers the rings of one turn of work: passed on once, at its end. Any thread may do either; a
/// ring that another thread passes on early does no harm.
class GatheringBell final : public Bell {
 public:
  void to(Bell* bell) { to_ = bell; }
  void ring() override { rung_.store(true, std::memory_order_release); }
  void pass_on() {
    if (rung_.load(std::memory_order_relaxed) && rung_.exchange(false)) to_->ring();
  }

 private:
  Bell* to_ = nullptr;
  std::atomic<bool> rung_{false};
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
