// The loop over partitions, and when their changes are frozen.
#include "engine/projector/projector.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace spate {

Projector::Projector(Log& log,
                     const std::vector<std::pair<ProjectedViews*, PartitionId>>& partitions,
                     ProjectorLimits limits)
    : limits_(limits) {
  for (const auto& [views, id] : partitions) add(log, *views, id);
}

Projector::Projector(Log& log, ProjectedViews& views, const std::vector<PartitionId>& partitions,
                     ProjectorLimits limits)
    : limits_(limits) {
  for (const PartitionId id : partitions) add(log, views, id);
}

void Projector::add(Log& log, ProjectedViews& views, PartitionId id) {
  auto fold = std::make_unique<PartitionProjection>(log, views.domain(id.domain),
                                                    views.partition(id), views.kept(id.domain));
  fold->watched_by(views.witness());
  fold->keep_periods(limits_.common_period_ns);
  const ProjectedViews::HeldBack* held = views.held(id.domain);
  if (held != nullptr && held->until.at(id.index) < ProjectedViews::HeldBack::not_this_one)
    fold->hold_back(held->until.at(id.index), held->reason);
  partitions_.push_back({&views, std::move(fold)});
}

Result<std::vector<std::string>> Projector::open() {
  for (; opened_ < partitions_.size(); ++opened_) {
    TRY(std::string sentence, partitions_[opened_].fold->open());
    if (!sentence.empty()) discarded_.push_back(std::move(sentence));
  }
  return std::move(discarded_);
}

Step Projector::step() {
  errands_.run();
  bool worked = false, folded = false;
  for (const FoldedPartition& partition : partitions_) {
    PartitionViews& views = partition.fold->views();
    views.orders().obey();
    worked |= views.finish_frozen();
  }
  if (freeze_wanted_.load(std::memory_order_relaxed) &&  // no locked instruction a step
      freeze_wanted_.exchange(false, std::memory_order_relaxed))
    freeze_all();
  freeze_where_due();
  if (is_full()) return worked ? Step::worked : Step::blocked;
  const Instant oldest = this->oldest();
  for (FoldedPartition& partition : partitions_) {
    if (partition.fold->at().time > oldest) continue;  // its turn comes
    const bool was_behind = std::exchange(partition.is_behind, false);
    if (partition.fold->step(limits_.read_bytes_max) != Step::worked) {
      worked |= was_behind && limits_.oldest_first;  // others may have waited for it
      continue;
    }
    folded = partition.is_behind = true;
    if (partition.fold->stopped() && tell_stopped_)
      tell_stopped_(partition.fold->views().stopped());
    if (std::find(moved_.begin(), moved_.end(), partition.views) == moved_.end())
      moved_.push_back(partition.views);
  }
  ring_readers();
  return worked || folded ? Step::worked : Step::idle;
}

/// The largest there is when nobody is behind, or all may be folded.
Instant Projector::oldest() const {
  Instant oldest{std::numeric_limits<int64_t>::max()};
  if (!limits_.oldest_first) return oldest;
  for (const FoldedPartition& partition : partitions_)
    if (partition.is_behind) oldest = std::min(oldest, partition.fold->at().time);
  return oldest;
}

/// A projection that stopped is news, too.
void Projector::ring_readers() {
  for (ProjectedViews* views : moved_) views->ring();
  moved_.clear();
}

bool Projector::is_full() const {
  std::size_t bytes = 0;
  for (const FoldedPartition& partition : partitions_)
    bytes += partition.fold->views().active_bytes() + partition.fold->views().frozen_bytes();
  return bytes > limits_.dirty_bytes_max;
}

void Projector::freeze(FoldedPartition& partition) {
  partition.fold->views().orders().freeze_begins();
  partition.fold->freeze();
  partition.views->ring_checkpointer();
}

void Projector::freeze_where_due() {
  std::size_t active = 0, outcomes = 0;
  FoldedPartition *largest = nullptr, *longest = nullptr;
  for (FoldedPartition& partition : partitions_) {
    PartitionProjection& fold = *partition.fold;
    active += fold.views().active_bytes();
    if (fold.views().has_frozen() || fold.outcomes_since_freeze() == 0) continue;
    if (fold.views().orders().wants_freeze() || fold.stands_at_period()) {
      freeze(partition);
      continue;
    }
    outcomes += fold.outcomes_since_freeze();
    if (largest == nullptr || fold.views().active_bytes() > largest->fold->views().active_bytes())
      largest = &partition;
    if (longest == nullptr ||
        fold.outcomes_since_freeze() > longest->fold->outcomes_since_freeze())
      longest = &partition;
  }
  const std::size_t share = limits_.dirty_bytes_max / 8 * limits_.filled_eighths;
  if (active > share && largest != nullptr) freeze(*largest);
  else if (outcomes >= limits_.unfrozen_outcomes_max) freeze(*longest);
}

bool Projector::freeze_all() {
  errands_.run();
  bool clean = true;
  for (FoldedPartition& partition : partitions_) {
    PartitionViews& views = partition.fold->views();
    views.finish_frozen();
    if (!views.has_frozen() && partition.fold->outcomes_since_freeze() > 0) freeze(partition);
    clean &= !views.has_frozen();
  }
  return clean;
}

void Projector::adopt(std::vector<FoldedPartition> more) {
  auto adopted = std::make_shared<std::vector<FoldedPartition>>(std::move(more));
  errands_.post([this, adopted] {
    for (FoldedPartition& one : *adopted) one.fold->keep_periods(limits_.common_period_ns);
    std::move(adopted->begin(), adopted->end(), std::back_inserter(partitions_));
  });
}

void Projector::release(const ProjectedViews& views, std::vector<uint16_t> domains) {
  errands_.post([this, &views, domains = std::move(domains)] {
    std::erase_if(partitions_, [&](const FoldedPartition& partition) {
      const uint16_t domain = partition.fold->views().id().domain;
      return partition.views == &views &&
             std::find(domains.begin(), domains.end(), domain) != domains.end();
    });
  });
}

}  // namespace spate
