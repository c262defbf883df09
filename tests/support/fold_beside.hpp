// FoldBeside: a log is folded into views as a rebuild does it, for tests and benchmarks.
#pragma once
#include "engine/app/step_thread.hpp"
#include "engine/projector/projector.hpp"
#include "engine/projector/writes_beside.hpp"

namespace spate {

/// To where nothing moves any more: the caller's thread folds, and writes as well or, `is_beside`,
/// leaves that to a second one.
inline Result<void> fold_beside(Projector& projector,
                                const std::shared_ptr<ViewCheckpointer>& writer, bool is_beside) {
  ThreadBell bell;
  StepThread thread;
  thread.on_end(bell);
  WritesBeside writes(&thread);
  for (;;) {
    const Step folded = projector.step();
    TRY(const Step written, writes.step(writer, is_beside));
    if (folded == Step::worked || written == Step::worked) continue;
    if (written != Step::blocked) return {};
    bell.wait(1'000'000);
  }
}

}  // namespace spate
