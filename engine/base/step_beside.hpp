// StepBeside: a step that goes on beside whoever asked for it.
#pragma once
#include <functional>
#include <optional>

#include "engine/base/result.hpp"
#include "engine/base/step.hpp"

namespace spate {

/// Submission and completion, as a sync of a file has them: so a component that owns no thread may
/// have a second one work for it. The thread that begins asks how it ended, too.
class StepBeside {
 public:
  using Work = std::function<Result<Step>()>;

  virtual ~StepBeside() = default;
  /// Requires: what was begun before has ended, and `ended` has told it.
  virtual void begin(Work work) = 0;
  /// What it came to, once; none while it is under way.
  virtual std::optional<Result<Step>> ended() = 0;
  /// Returns when none is under way.
  virtual void wait() = 0;
};

}  // namespace spate
