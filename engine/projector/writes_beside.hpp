// WritesBeside: the writes of a thread that folds, on another thread while it folds on.
#pragma once
#include "engine/base/step_beside.hpp"
#include "engine/projector/view_checkpointer.hpp"

namespace spate {

/// Steps one writer at a time, where it is called or, one step at most, beside it. So a fault comes
/// to the caller either way, and as long as none is under way the writer is the caller's alone. One
/// thread.
class WritesBeside {
 public:
  /// Null: all is done where it is called. `beside` outlives this.
  explicit WritesBeside(StepBeside* beside) : beside_(beside) {}
  /// Whoever writes into it may be gone after this.
  ~WritesBeside() { (void)finish(); }
  WritesBeside(const WritesBeside&) = delete;
  WritesBeside& operator=(const WritesBeside&) = delete;

  /// A step of `writer`; beside, if there is something to write. Blocked: one is under way. A fault
  /// is that of the step that ended, beside or here.
  Result<Step> step(const std::shared_ptr<ViewCheckpointer>& writer, bool is_beside);
  /// As far as the caller was told.
  bool is_under_way() const { return is_under_way_; }
  /// True: none is under way any more. For who does not care how it ended.
  bool is_over();
  /// Waits for the step that is under way, and returns how it ended.
  Result<void> finish();

 private:
  StepBeside* const beside_;
  bool is_under_way_ = false;
};

}  // namespace spate
