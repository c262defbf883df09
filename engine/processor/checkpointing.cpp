// The four phases of a checkpoint.
#include "engine/processor/checkpointing.hpp"

namespace spate {

void Checkpointing::freeze(const Checkpoint& at) {
  ENSURE(!in_progress());
  rows_.freeze(at);
  freeze_ids(at);
  ids_alone_ = false;
}

void Checkpointing::freeze_ids(const Checkpoint& at) {
  ENSURE(!in_progress());
  at_ = at;
  ids_alone_ = true;
  ids_.freeze(at.sequence, at.chain);
  phase_.store(Phase::frozen, std::memory_order_release);
}

bool Checkpointing::release(Sequence durable) {
  if (phase_.load(std::memory_order_relaxed) != Phase::frozen || durable < at_.sequence)
    return false;
  phase_.store(Phase::released, std::memory_order_release);
  return true;
}

bool Checkpointing::finish() {
  if (phase_.load(std::memory_order_acquire) != Phase::written) return false;
  if (!ids_alone_) rows_.finish_frozen();
  ids_.finish_frozen();
  phase_.store(Phase::idle, std::memory_order_release);
  return true;
}

bool Checkpointing::cancel_beyond(Sequence durable) {
  if (phase_.load(std::memory_order_relaxed) != Phase::frozen || at_.sequence <= durable)
    return false;
  phase_.store(Phase::idle, std::memory_order_release);
  return true;
}

Result<void> Checkpointing::write() {
  TRY(ids_.write_frozen());  // ids first: they may be ahead of the rows, never behind
  if (!ids_alone_) {
    TRY(rows_.write_frozen());
    last_written_.store(at_.sequence.value, std::memory_order_relaxed);
  }
  phase_.store(Phase::written, std::memory_order_release);
  return {};
}

Result<Step> Checkpointer::step() {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    Checkpointing& partition = *partitions_[next_];
    next_ = (next_ + 1) % partitions_.size();
    if (!partition.wants_write()) continue;
    const Result<void> written = partition.write();
    if (written) return Step::worked;
    if (written.error().action == FaultAction::retry) return Step::blocked;  // disk full (B5)
    return tl::unexpected<Fault>(written.error());
  }
  return Step::idle;
}

}  // namespace spate
