// Projector: folds the durable outcomes of a group of partitions; one thread steps it.
#pragma once
#include <atomic>

#include "engine/projector/partition_projection.hpp"
#include "engine/projector/projected_views.hpp"

namespace spate {

struct ProjectorLimits {
  /// Of changed views not yet in the store, over all partitions of this projector. Half of it is
  /// written at a time, while the other half fills.
  std::size_t dirty_bytes_max = 128 << 20;
  /// A partition is frozen after so many outcomes at the latest: so many a restart folds again.
  std::size_t outcomes_per_freeze_max = 1'000'000;
  /// Of outcomes of one partition in one step; dirty_bytes_max may be exceeded by what they change.
  std::size_t read_bytes_max = 256 << 10;
};

class Projector {
 public:
  Projector(Log& log, ProjectedViews& views, const std::vector<PartitionId>& partitions,
            ProjectorLimits limits);

  /// Finds where to go on. Returns what was discarded, one sentence a partition, to be logged
  /// loudly.
  Result<std::vector<std::string>> open();
  /// Blocked: the store is behind; step again when the checkpointer rings.
  Step step();
  /// Any thread. Asks the next step to freeze whatever has changed, as if its time had come.
  void want_freeze() { freeze_wanted_.store(true, std::memory_order_relaxed); }
  /// For a clean stop: freezes what changed. True when everything is in the store already.
  bool freeze_all();

 private:
  void freeze_where_due();
  bool is_full() const;

  const ProjectorLimits limits_;
  std::vector<std::unique_ptr<PartitionProjection>> partitions_;
  ProjectedViews& views_;
  std::atomic<bool> freeze_wanted_{false};
};

}  // namespace spate
