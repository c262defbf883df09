// RebuildThread: steps a rebuild behind all other threads while it folds, beside them for a switch.
#pragma once
#include <atomic>
#include <thread>

#include "engine/app/step_thread.hpp"
#include "engine/base/bell.hpp"
#include "engine/replay/rebuild.hpp"

namespace spate {

/// A thread may lower its own priority but not raise it again, so what is done in the background is
/// done by another one, made for that. Life: construct, start, stop (or destroy).
class RebuildThread {
 public:
  /// `writes`: where the rebuild writes while it folds; ended when it is not behind any more.
  RebuildThread(Rebuild& rebuild, StepThread& writes) : rebuild_(rebuild), writes_(writes) {
    writes_.on_end(bell_);
  }
  ~RebuildThread() { stop(); }

  void start();
  /// Returns when it has ended; what is left undone goes on at the next start.
  void stop();
  /// Somebody ordered something.
  Bell& bell() { return bell_; }

 private:
  void run();
  void run_behind();
  void step_behind(int64_t& rest_ns);
  bool is_stopping() const { return stopping_.load(std::memory_order_relaxed); }

  Rebuild& rebuild_;
  StepThread& writes_;
  ThreadBell bell_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace spate
