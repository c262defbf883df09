// Runner: a thread that steps one component and sleeps on its bell in between.
#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "engine/base/bell.hpp"
#include "engine/base/result.hpp"
#include "engine/base/step.hpp"

namespace spate {

/// Life: construct, start, stop (or destroy). `step` is called on the runner's thread alone.
class Runner {
 public:
  using StepFunction = std::function<Result<Step>()>;
  /// `on_fault` is called on the runner's thread when a step fails; the runner ends then.
  Runner(std::string name, int64_t idle_ns_max, StepFunction step,
         std::function<void(const std::string& name, const Fault&)> on_fault);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  Bell& bell() { return bell_; }
  /// On an only core a thread that is woken would push aside the one that woke it, which has more
  /// to hand over. This one waits until the other pauses or its slice ends, and finds more at once.
  /// On more cores it starts beside the other as ever. Not for who waits for a disk: it would begin
  /// its next write late. Before `start`.
  void wake_in_turn_on_one_core() { in_turn_ = true; }
  /// Blocked, it steps again after so long at the latest, sooner than it would if idle. Before
  /// `start`.
  void wait_when_blocked(int64_t ns) { blocked_ns_max_ = ns; }
  void start();
  /// Returns when the thread has ended. Work that is left stays undone.
  void stop();

 private:
  void run();

  const std::string name_;
  const int64_t idle_ns_max_;
  int64_t blocked_ns_max_;
  const StepFunction step_;
  const std::function<void(const std::string&, const Fault&)> on_fault_;
  bool in_turn_ = false;
  ThreadBell bell_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace spate
