// PartitionProjection: folds the durable outcomes of one partition into its views, in order, once.
#pragma once
#include "engine/base/step.hpp"
#include "engine/log/log.hpp"
#include "engine/log/log_periods.hpp"
#include "engine/projector/event_fold.hpp"
#include "engine/projector/fold_witness.hpp"

namespace spate {

class PartitionProjection {
 public:
  /// `kept`: the version of views that serve as they are; null: they are to be folded.
  PartitionProjection(Log& log, const ProjectedDomain& domain, PartitionViews& views,
                      const ProjectionVersion* kept = nullptr);

  /// Begins at the stored views when they are of this log, schema and projection; else discards
  /// them and begins at 0. The sentence says so, empty when there was nothing to discard (C2, C3).
  /// Views that are kept stand where they were stored, stopped.
  Result<std::string> open();
  /// Folds about `bytes_max` of outcomes. Stops for good, with a reason in `views().stopped()`, at
  /// an outcome that does not continue the last one or cannot be folded (E4).
  Step step(std::size_t bytes_max);

  /// Before `open`. Told before and after each outcome with events. It outlives this.
  void watched_by(FoldWitness* witness) { witness_ = witness; }
  /// Before `open`: folds to this outcome, where the views were when it was known that the next
  /// ends the process; they say so from the beginning. What was folded before needs no witness.
  void hold_back(Sequence until, std::string reason);

  /// Before the first step: where a period of the log's time begins, a step ends with its first
  /// outcome, so that it may be frozen there. Not before they show what they owed when they were
  /// opened: that was passed by others long ago.
  void keep_periods(int64_t period_ns);
  /// They stand there and were not frozen since.
  bool stands_at_period() const {
    return period_began_ == at_.sequence && outcomes_since_freeze() > 0;
  }

  PartitionViews& views() { return views_; }
  /// Where the views are now.
  const Checkpoint& at() const { return at_; }
  bool stopped() const { return stopped_; }
  uint64_t outcomes_since_freeze() const { return at_.sequence.value - frozen_at_.value; }
  /// Requires: no frozen layer.
  void freeze();

 private:
  Result<std::string> mismatch(const Checkpoint& stored) const;
  std::string mismatch_of_version(const Checkpoint& stored) const;
  /// Folds outcomes beyond the position up to `until`. The reason when one cannot be folded; at_ is
  /// then at the last one before it.
  std::string fold(const RecordBatch& batch, Sequence until);
  std::string continues(const RecordView& record) const;
  std::string apply(const RecordView& record);
  void advance(const RecordView& record);
  void publish();
  void stop(Sequence at, const std::string& reason);
  void meet_witness();
  Sequence fold_end(const RecordBatch& batch, Sequence last);

  Log& log_;
  const ProjectedDomain& domain_;
  PartitionViews& views_;
  const ProjectionVersion* const kept_;
  StagedViews staged_;
  FoldWitness* witness_ = nullptr;
  Sequence until_{FoldOrders::no_limit};
  std::string held_back_;  // why
  ViewWitnesses digests_;
  std::size_t next_digest_ = 0;
  Checkpoint at_;         // what is folded, staged changes included
  Checkpoint published_;  // what readers see
  Sequence frozen_at_;
  LogPeriods periods_;
  Sequence period_began_;  // the last outcome that was the first of its period
  std::size_t staged_outcomes_ = 0;
  bool stopped_ = false;
};

}  // namespace spate
