// StepThread: steps of others on a thread of its own, behind everything else.
#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/base/bell.hpp"
#include "engine/base/step_beside.hpp"

namespace spate {

/// There is a thread from the first step on until `rest`: who has none to do pays for none.
class StepThread final : public StepBeside {
 public:
  ~StepThread() override { rest(); }

  /// Rung when a step has ended. Before the first one.
  void on_end(Bell& bell) { bell_ = &bell; }

  void begin(Work work) override;
  std::optional<Result<Step>> ended() override;
  void wait() override;
  /// Ends the thread, after the step that is under way; the next step begins another.
  void rest();

 private:
  void run();

  Bell* bell_ = nullptr;
  std::mutex mutex_;  // of what follows; not held while a step is done
  std::condition_variable changed_;
  Work work_;  // empty: none under way
  std::optional<Result<Step>> ended_;
  bool resting_ = false;
  std::thread thread_;  // of who begins and rests
};

}  // namespace spate
