// PastViews: the port through which the edge reads the views of one stream as they were.
#pragma once
#include <memory>

#include "engine/base/step.hpp"
#include "engine/projector/view_reader.hpp"

namespace spate {

/// The views of one stream at one outcome, being folded from the first one on. One thread.
class PastView {
 public:
  virtual ~PastView() = default;
  /// Looks at about `outcomes_max` outcomes of the partition. Idle: the fold is there. Faults: of
  /// reading; `past_too_far` when its views take more memory than they may; `projection_failed`.
  virtual Result<Step> step(uint64_t outcomes_max) = 0;
  /// The stream's own views and items, nobody else's. Requires: `step` was idle.
  virtual ViewReader& views() = 0;
};

class PastViews {
 public:
  virtual ~PastViews() = default;
  /// As of the outcome `through` of that partition, of which the log has it. Any thread.
  virtual std::unique_ptr<PastView> begin(PartitionId partition, std::string_view stream,
                                          Sequence through) = 0;
};

}  // namespace spate
