// WorldViews: the shipped projectors and rebuild over views in memory, with crashes that take what
// was not flushed.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "engine/log/segment_log.hpp"
#include "engine/replay/rebuild.hpp"
#include "engine/shipping/shipped_checkpoint.hpp"
#include "tests/support/memory_generations.hpp"
#include "tests/support/seeded_random.hpp"

namespace spate {

class WorldViews {
 public:
  /// `is_powered`: else nothing more reaches a disk, and the process is about to end.
  WorldViews(const Clock& clock, std::function<bool()> is_powered)
      : clock_(clock), is_powered_(std::move(is_powered)) {}

  /// A new process over what the stores kept.
  Result<void> start(Log& log, SeededRandom& random);
  /// One turn of a projector, the writers, a flush, the rebuild, or an order to it.
  Result<void> step(SeededRandom& random);
  void crash(SeededRandom& random);
  /// What serves of a partition as a file below `folder`, and where it is.
  Result<void> put(const std::string& folder, ShippedPartition& partition);
  Result<void> put_plan(const std::string& folder);
  /// Asks for what `put` would find to be as of now.
  void want_freeze() {
    for (auto& projector : projectors_) projector->want_freeze();
  }
  /// The process is gone and its disk with it: another begins with what lies below `data`.
  void begin_anew(const std::string& data, const Topology& topology);
  /// What its checkpoints say must be in the log.
  std::vector<KnownPosition> known(const Topology& topology);
  Sequence position(PartitionId partition) const { return served_->position(partition); }
  /// Where the views that serve are on disk. Between two processes.
  Sequence stored(PartitionId partition);
  /// Views that a start found not to fit the log, in words.
  const std::string& discarded() const { return discarded_; }
  /// What must not have happened, if it did.
  const std::string& broken() const { return broken_; }
  /// Nothing more is ordered; what is under way goes on.
  void settle() { settling_ = true; }
  bool is_settled() const;
  /// Compares with a fold of the whole log into nothing; empty = the same.
  std::string compare_with_fresh_fold(Log& log, PartitionId partition);
  /// How often readers moved to another generation.
  uint64_t moves() const { return moves_; }

 private:
  Result<void> turn(SeededRandom& random);
  void end();
  void order(SeededRandom& random);
  void look();

  const Clock& clock_;
  const std::function<bool()> is_powered_;
  MemoryGenerations home_;
  std::unique_ptr<Generations> generations_;
  std::unique_ptr<ServedViews> served_;
  std::vector<std::unique_ptr<Projector>> projectors_;
  std::unique_ptr<ViewWriters> writers_;
  std::unique_ptr<ViewText> text_;
  std::unique_ptr<Rebuild> rebuild_;
  std::map<PartitionId, Sequence> shown_;  // by this process
  ProjectedViews* served_by_ = nullptr;
  uint64_t moves_ = 0;
  uint64_t files_ = 0;  // put; each has a name of its own, as a store's files have
  bool settling_ = false;
  std::string broken_, discarded_;
};

}  // namespace spate
