// The loop over partitions, and when their changes are frozen.
#include "engine/projector/projector.hpp"

#include <algorithm>

namespace spate {

Projector::Projector(Log& log, ProjectedViews& views, const std::vector<PartitionId>& partitions,
                     ProjectorLimits limits)
    : limits_(limits), views_(views) {
  for (const PartitionId id : partitions)
    partitions_.push_back(
        std::make_unique<PartitionProjection>(log, views.domain(id.domain), views.partition(id)));
}

Result<std::vector<std::string>> Projector::open() {
  std::vector<std::string> discarded;
  for (const auto& partition : partitions_) {
    TRY(std::string sentence, partition->open());
    if (!sentence.empty()) discarded.push_back(std::move(sentence));
  }
  return discarded;
}

Step Projector::step() {
  bool worked = false, folded = false;
  for (const auto& partition : partitions_) worked |= partition->views().finish_frozen();
  if (freeze_wanted_.exchange(false, std::memory_order_relaxed)) freeze_all();
  freeze_where_due();
  if (is_full()) return worked ? Step::worked : Step::blocked;
  for (const auto& partition : partitions_)
    folded |= partition->step(limits_.read_bytes_max) == Step::worked;
  if (folded) views_.ring();  // a projection that stopped is news, too
  return worked || folded ? Step::worked : Step::idle;
}

bool Projector::is_full() const {
  std::size_t bytes = 0;
  for (const auto& partition : partitions_)
    bytes += partition->views().active_bytes() + partition->views().frozen_bytes();
  return bytes > limits_.dirty_bytes_max;
}

void Projector::freeze_where_due() {
  std::size_t active = 0;
  PartitionProjection* largest = nullptr;
  for (const auto& partition : partitions_) {
    active += partition->views().active_bytes();
    if (partition->views().has_frozen() || partition->outcomes_since_freeze() == 0) continue;
    if (partition->outcomes_since_freeze() >= limits_.outcomes_per_freeze_max) {
      partition->freeze();
      views_.ring_checkpointer();
    } else if (largest == nullptr ||
               partition->views().active_bytes() > largest->views().active_bytes()) {
      largest = partition.get();
    }
  }
  if (active <= limits_.dirty_bytes_max / 2 || largest == nullptr) return;
  largest->freeze();
  views_.ring_checkpointer();
}

bool Projector::freeze_all() {
  bool clean = true;
  for (const auto& partition : partitions_) {
    partition->views().finish_frozen();
    if (!partition->views().has_frozen() && partition->outcomes_since_freeze() > 0) {
      partition->freeze();
      views_.ring_checkpointer();
    }
    clean &= !partition->views().has_frozen();
  }
  return clean;
}

}  // namespace spate
