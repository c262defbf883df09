// ViewCheckpointer: writes frozen views to the store behind the fold; a thread of its own steps it.
#pragma once
#include "engine/projector/projected_views.hpp"

namespace spate {

class ViewCheckpointer {
 public:
  explicit ViewCheckpointer(ProjectedViews& views) : views_(views) {}

  /// Writes one frozen partition, or flushes when none is left, or tends the store. Blocked: there
  /// is more to tend, after a rest. Faults end the process: a store that cannot be written serves
  /// nobody (exit 5).
  Result<Step> step();
  /// A step would write. The thread that steps it.
  bool is_due() const;

 private:
  ProjectedViews& views_;
  std::size_t next_ = 0;
  bool unflushed_ = false;
};

}  // namespace spate
