// PartitionViews: the views of one partition as readers see them: active, frozen, stored.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "engine/projector/fold_orders.hpp"
#include "engine/projector/view_layer.hpp"
#include "engine/projector/view_sum.hpp"

namespace spate {

/// The folding thread publishes outcomes into the active layer and freezes it at a position; a
/// checkpointer writes the frozen one to the store; the folding thread then drops it (C1). Readers
/// on any thread look into active, frozen and store, in this order. The lock is held for a few
/// copies, never across a read of the store.
class PartitionViews {
 public:
  PartitionViews(PartitionId partition, ViewStore& store) : partition_(partition), store_(store) {}

  PartitionId id() const { return partition_; }

  // Any thread.
  Sequence position() const { return {position_.load(std::memory_order_acquire)}; }
  std::string stopped() const;
  /// They show all that they owed when they were opened.
  bool whole() const { return position().value >= owed_.load(std::memory_order_acquire); }
  Result<bool> get(std::string_view key, std::string& value);
  /// The layers as they are now, for lists.
  struct Layers {
    std::shared_ptr<ViewLayer> active, frozen;  // frozen may be null
  };
  Layers layers() const;
  /// A copy of an entry's value; false when it is erased.
  bool copy(const ViewEntry& entry, std::string& value) const;
  std::mutex& lock() const { return lock_; }
  /// What is stored is wrong: they show what they show, nothing more is folded, and `stopped` says
  /// why. Readers are to be rung.
  void halt(std::string reason);
  /// What the folding thread is asked to do.
  FoldOrders& orders() { return orders_; }

  // The folding thread.
  /// The entry in memory, or null when only the store can know. Its value lives until `publish`.
  struct Found {
    ViewEntry* entry;
    bool is_active;  ///< it changed since the last freeze
  };
  Found find_in_memory(std::string_view key, uint64_t hash) const;
  ViewStore& store() const { return store_; }
  /// A `find_in_memory` or `get` of it may follow.
  void prefetch(uint64_t hash) const;
  /// All of the staged changes become visible at once, then the position moves. `left`: what those
  /// that had not changed since the last freeze were.
  void publish(std::span<ViewEntry* const> changes, Sequence position, HashSum left);
  void stop(std::string reason);
  /// What lay in the log when they were opened, as far as they will ever be folded.
  void owe(Sequence through) { owed_.store(through.value, std::memory_order_release); }
  std::size_t active_bytes() const { return active_->memory_bytes(); }
  std::size_t frozen_bytes() const { return frozen_bytes_; }
  bool has_frozen() const { return frozen_ != nullptr; }
  /// Requires: no frozen layer; `at.sequence` is the position.
  void freeze(const Checkpoint& at);
  /// Drops the frozen layer once it is written. True: just did.
  bool finish_frozen();
  /// Views as stored at `sequence`, where they have this digest; nothing in memory.
  void start_at(Sequence sequence, std::optional<Hash128> digest = Hash128{});
  /// HashSum of all views as they are now; none: unknown.
  std::optional<Hash128> running_digest() const {
    return sum_.now(frozen_ == nullptr ? nullptr : &frozen_->map(), active_->map());
  }
  ViewSum& sum() { return sum_; }
  /// Drops what is in memory. Requires: nobody folds, writes or reads them any more.
  void forget();

  // The checkpointer.
  bool wants_write() const { return phase_.load(std::memory_order_acquire) == Phase::frozen; }
  /// Requires: wants_write.
  Result<void> write_frozen();
  Sequence last_written() const { return {last_written_.load(std::memory_order_relaxed)}; }

 private:
  enum class Phase : uint8_t { idle, frozen, written };

  const PartitionId partition_;
  ViewStore& store_;
  FoldOrders orders_;
  mutable std::mutex lock_;
  std::shared_ptr<ViewLayer> active_ = std::make_shared<ViewLayer>();
  std::shared_ptr<ViewLayer> frozen_;
  std::size_t frozen_bytes_ = 0;
  ViewSum sum_;
  Checkpoint frozen_at_;
  std::string stopped_;
  std::atomic<uint64_t> position_{0};
  std::atomic<uint64_t> owed_{0};
  std::atomic<uint64_t> last_written_{0};
  std::atomic<Phase> phase_{Phase::idle};
};

}  // namespace spate
