// PartitionBoard: how far each partition is durable, for its owner, its readers and the writer.
#pragma once
#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "engine/log/segment_format.hpp"

namespace spate {

class PartitionBoard {
 public:
  explicit PartitionBoard(const std::vector<PartitionState>& states) : slots_(states.size()) {
    for (std::size_t i = 0; i < states.size(); ++i) {
      slots_[i].epoch = states[i].epoch.value;
      slots_[i].command = states[i].tail.command.value;
      slots_[i].sequence = states[i].tail.sequence.value;
    }
  }

  Epoch epoch(uint32_t dense) const { return {slots_[dense].epoch.load()}; }
  /// The owner, when it acquires.
  Epoch raise_epoch(uint32_t dense) { return {slots_[dense].epoch.fetch_add(1) + 1}; }
  Cause command(uint32_t dense) const {
    return {slots_[dense].command.load(std::memory_order_acquire)};
  }
  Sequence sequence(uint32_t dense) const {
    return {slots_[dense].sequence.load(std::memory_order_acquire)};
  }

  void on_durable(uint32_t dense, Bell* bell) {
    std::lock_guard lock(bells_mutex_);
    slots_[dense].bells.push_back(bell);
  }
  /// The writer: records up to `last` are durable. Bells ring with `ring`.
  void settle(uint32_t dense, LogSide side, uint64_t last) {
    auto& number = side == LogSide::commands ? slots_[dense].command : slots_[dense].sequence;
    number.store(last, std::memory_order_release);
    std::lock_guard lock(bells_mutex_);
    for (Bell* bell : slots_[dense].bells)
      if (std::find(to_ring_.begin(), to_ring_.end(), bell) == to_ring_.end())
        to_ring_.push_back(bell);
  }
  void ring() {
    for (Bell* bell : to_ring_) bell->ring();
    to_ring_.clear();
  }

 private:
  struct Slot {
    std::atomic<uint64_t> epoch{0};
    std::atomic<uint64_t> command{0};
    std::atomic<uint64_t> sequence{0};
    std::vector<Bell*> bells;
  };
  std::vector<Slot> slots_;
  std::mutex bells_mutex_;
  std::vector<Bell*> to_ring_;  // of the writer
};

}  // namespace spate
