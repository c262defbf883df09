// Moving requests from the mailboxes to their partitions and stepping each.
#include "engine/processor/processor_group.hpp"

namespace spate {

ProcessorGroup::ProcessorGroup(std::vector<Mailbox*> mailboxes, uint32_t partitions_total,
                               GroupLimits limits)
    : mailboxes_(std::move(mailboxes)), by_dense_(partitions_total, nullptr), limits_(limits) {}

void ProcessorGroup::add(const PartitionParts& parts, const ProcessorLimits& limits) {
  PartitionParts own = parts;
  own.way_on = &way_on_;
  partitions_.push_back(std::make_unique<PartitionProcessor>(own, limits, waiters_, mailboxes_));
  by_dense_[parts.dense] = partitions_.back().get();
}

/// False when nothing could be taken.
bool ProcessorGroup::drain_mailbox(uint16_t index) {
  SpscRing& requests = mailboxes_[index]->requests;
  bool took = false;
  while (const auto message = requests.front()) {
    RequestHead head;
    ENSURE(message->size() >= sizeof head);
    std::memcpy(&head, message->data(), sizeof head);
    ENSURE(head.partition < by_dense_.size() && by_dense_[head.partition] != nullptr);
    PartitionProcessor& partition = *by_dense_[head.partition];
    const Bytes body = message->subspan(sizeof head);
    const WayOn::Sent on =
        partition.ready() ? WayOn::Sent::never : way_on_.send(head, body, index);
    if (on == WayOn::Sent::full) break;
    if (on == WayOn::Sent::never && !partition.admit(head, body, index)) break;
    requests.pop();
    took = true;
  }
  return took;
}

Result<Step> ProcessorGroup::step() {
  bool worked = false;
  bool blocked = false;
  if (draining_.load(std::memory_order_relaxed))
    for (auto& partition : partitions_) partition->drain();
  if (!full_)
    for (uint16_t i = 0; i < mailboxes_.size(); ++i) worked |= drain_mailbox(i);
  for (auto& partition : partitions_) {
    TRY(const Step step, partition->step());
    worked |= step == Step::worked;
    blocked |= step == Step::blocked;
  }
  TRY(const bool followed, follow());
  worked |= followed;
  bound_dirty_rows();
  bound_tails();
  for (Mailbox* mailbox : mailboxes_)
    if (mailbox->edge_bell != nullptr && mailbox->replies.bytes_queued() > 0)
      mailbox->edge_bell->ring();
  if (checkpoint_wanted_.load(std::memory_order_relaxed) &&  // no locked instruction a step
      checkpoint_wanted_.exchange(false, std::memory_order_relaxed))
    for (auto& partition : partitions_) partition->freeze_now();
  worked |= finish_draining();
  publish();
  if (worked) return Step::worked;
  return blocked ? Step::blocked : Step::idle;
}

/// One partition a turn folds what another node decided: those that are owned here come first.
Result<bool> ProcessorGroup::follow() {
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    const std::size_t place = (next_follower_ + i) % partitions_.size();
    TRY(const Step step, partitions_[place]->follow());
    if (step != Step::worked) continue;
    next_follower_ = place + 1;
    return true;
  }
  return false;
}

/// The hot partition may use the whole budget; all of them together no more than that.
void ProcessorGroup::bound_dirty_rows() {
  std::size_t sum = 0;
  PartitionProcessor* largest = nullptr;
  for (auto& partition : partitions_) {
    const std::size_t dirty = partition->rows().dirty_bytes();
    sum += dirty;
    if (partition->checkpointing().in_progress()) continue;
    if (largest == nullptr || dirty > largest->rows().dirty_bytes()) largest = partition.get();
  }
  full_ = sum > 2 * limits_.dirty_bytes_max;
  if (sum > limits_.dirty_bytes_max && largest != nullptr) largest->freeze_now();
}

/// One core folds all tails of the group after a crash, be it one hot campaign or many. What a
/// checkpoint is being written of counts when that is done.
void ProcessorGroup::bound_tails() {
  uint64_t sum = 0;
  PartitionProcessor* longest = nullptr;
  for (auto& partition : partitions_) {
    if (partition->checkpointing().in_progress()) continue;
    sum += partition->unfrozen();
    if (longest == nullptr || partition->unfrozen() > longest->unfrozen())
      longest = partition.get();
  }
  if (sum >= limits_.unfrozen_outcomes_max && longest != nullptr) longest->freeze_now();
}

/// Once drained and quiet, every partition writes a last checkpoint; quiet again, it is stopped.
bool ProcessorGroup::finish_draining() {
  if (!draining_.load(std::memory_order_relaxed) || !quiet()) return false;
  if (last_checkpoint_) {
    stopped_.store(true, std::memory_order_release);
    return false;
  }
  last_checkpoint_ = true;
  for (auto& partition : partitions_) partition->freeze_now();
  return true;
}

void ProcessorGroup::publish() {
  if (!caught_up_.load(std::memory_order_relaxed)) {
    bool all = true;
    for (const auto& partition : partitions_) all &= partition->caught_up();
    caught_up_.store(all, std::memory_order_release);
  }
  bool ready = true;
  for (const auto& partition : partitions_) ready &= partition->settled();
  if (ready && ready_.load(std::memory_order_relaxed)) return;
  std::string text;
  for (const auto& partition : partitions_)
    if (!partition->settled()) text += partition->name() + ": " + partition->state_text() + "\n";
  {
    std::lock_guard lock(text_mutex_);
    state_text_ = std::move(text);
  }
  ready_.store(ready, std::memory_order_release);
}

std::string ProcessorGroup::state_text() const {
  std::lock_guard lock(text_mutex_);
  return state_text_;
}

bool ProcessorGroup::quiet() const {
  for (const Mailbox* mailbox : mailboxes_)
    if (mailbox->requests.bytes_queued() > 0) return false;
  for (const auto& partition : partitions_)
    if (!partition->quiet()) return false;
  return true;
}

}  // namespace spate
