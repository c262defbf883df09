// Projector: folds the durable outcomes of a group of partitions; one thread steps it.
#pragma once
#include <atomic>
#include <functional>

#include "engine/base/errands.hpp"
#include "engine/projector/partition_projection.hpp"
#include "engine/projector/projected_views.hpp"

namespace spate {

struct ProjectorLimits {
  /// Of changed views not yet in the store, over all partitions of this projector.
  std::size_t dirty_bytes_max = 128 << 20;
  /// So much of it fills before the largest is written; in what is left others fill meanwhile. The
  /// more, the larger what is written: all but one where the thread that folds writes, too.
  std::size_t filled_eighths = 4;
  /// Outcomes of all its partitions that no checkpoint covers: at so many the longest tail is
  /// frozen. A restart folds twice as many again at most.
  std::size_t unfrozen_outcomes_max = 1'000'000;
  /// Of outcomes of one partition in one step; dirty_bytes_max may be exceeded by what they change.
  std::size_t read_bytes_max = 256 << 10;
  /// Of those with outcomes left, only the partition that is most behind in time is folded in a
  /// step: so all read about the same place of the log, where that must be unpacked for them.
  bool oldest_first = false;
  /// Of the log's time: at the first outcome of each period a partition is frozen, where nothing of
  /// it is being written, so that nodes have digests of the same outcomes. 0: no such.
  int64_t common_period_ns = 0;
};

/// One partition of one generation of views, and what folds it.
struct FoldedPartition {
  ProjectedViews* views = nullptr;
  std::unique_ptr<PartitionProjection> fold;
  bool is_behind = true;  ///< it had outcomes to fold when it was asked last
};

class Projector {
 public:
  Projector(Log& log, ProjectedViews& views, const std::vector<PartitionId>& partitions,
            ProjectorLimits limits);
  /// Of several generations, perhaps several of one partition.
  Projector(Log& log, const std::vector<std::pair<ProjectedViews*, PartitionId>>& partitions,
            ProjectorLimits limits);

  /// Finds where to go on. Returns what was discarded, one sentence a partition, to be logged
  /// loudly. Fault `retry`: the log cannot be read just now; called again, it goes on there.
  Result<std::vector<std::string>> open();
  /// Before the first step. `tell` is called by the stepping thread with the reason when a
  /// projection stops at an outcome.
  void on_stop(std::function<void(const std::string&)> tell) { tell_stopped_ = std::move(tell); }
  /// Blocked: the store is behind; step again when the checkpointer rings.
  Step step();
  /// Any thread. Asks the next step to freeze whatever has changed, as if its time had come.
  void want_freeze() { freeze_wanted_.store(true, std::memory_order_relaxed); }
  /// Any thread, then wake it. Between two steps: folds these, too, opened already; or drops those
  /// of some domains of `views` and touches them no more. `errands` tells when that is done.
  void adopt(std::vector<FoldedPartition> more);
  void release(const ProjectedViews& views, std::vector<uint16_t> domains);
  const Errands& errands() const { return errands_; }
  /// All its partitions, for another projector to adopt. Requires: no other thread steps it.
  std::vector<FoldedPartition> give_up() { return std::move(partitions_); }
  /// For a clean stop: freezes what changed. True when everything is in the store already.
  bool freeze_all();

 private:
  void add(Log& log, ProjectedViews& views, PartitionId id);
  void freeze_where_due();
  void freeze(FoldedPartition& partition);
  bool is_full() const;
  Instant oldest() const;
  void ring_readers();

  const ProjectorLimits limits_;
  std::vector<FoldedPartition> partitions_;
  std::size_t opened_ = 0;               // of them
  std::vector<std::string> discarded_;   // of those
  std::vector<ProjectedViews*> moved_;  // whose readers are to be told, each once
  Errands errands_;
  std::function<void(const std::string&)> tell_stopped_;
  std::atomic<bool> freeze_wanted_{false};
};

}  // namespace spate
