// WorldViews: the shipped projector over views in memory, with crashes that take what was not
// flushed.
#pragma once
#include <memory>
#include <string>

#include "engine/log/segment_log.hpp"
#include "engine/projector/memory_views.hpp"
#include "engine/projector/projected_views.hpp"
#include "engine/projector/projector.hpp"
#include "engine/projector/view_checkpointer.hpp"
#include "tests/support/seeded_random.hpp"

namespace spate {

class WorldViews {
 public:
  /// A new process over what the store kept.
  Result<void> start(Log& log, SeededRandom& random);
  /// One turn of the projector, the checkpointer or the store's flush.
  Result<void> step(SeededRandom& random);
  void crash(SeededRandom& random);
  /// What its checkpoints say must be in the log.
  std::vector<KnownPosition> known(const Topology& topology);
  Sequence position(PartitionId partition) const { return views_->position(partition); }
  /// Compares with a fold of the whole log into nothing; empty = the same.
  std::string compare_with_fresh_fold(Log& log, PartitionId partition);

 private:
  MemoryViews store_;
  std::unique_ptr<ProjectedViews> views_;
  std::unique_ptr<Projector> projector_;
  std::unique_ptr<ViewCheckpointer> checkpointer_;
};

}  // namespace spate
