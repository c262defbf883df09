// Checkpointing: rows and ids of a partition go down behind the log, on a thread of their own.
#pragma once
#include <atomic>
#include <span>

#include "engine/base/step.hpp"
#include "engine/state/id_table.hpp"
#include "engine/state/row_table.hpp"

namespace spate {

/// One a partition. The owner freezes and, once the frozen outcomes are durable, releases; the
/// checkpointer writes; the owner finishes. The atomic hands the frozen generation over.
class Checkpointing {
 public:
  Checkpointing(RowTable& rows, IdTable& ids) : rows_(rows), ids_(ids) {}

  // The owner:
  bool in_progress() const { return phase_.load(std::memory_order_acquire) != Phase::idle; }
  /// Requires: not in progress; every outcome up to `at` is applied, none beyond.
  void freeze(const Checkpoint& at);
  /// The same for ids alone, while they are behind the rows.
  void freeze_ids(const Checkpoint& at);
  /// Hands the frozen generation to the checkpointer when it is durable. True: just did.
  bool release(Sequence durable);
  /// True when a write had ended: the generation is clean now.
  bool finish();
  /// A4: the frozen generation may hold outcomes that never were. Requires: not released. True:
  /// it did, and is none any more.
  bool cancel_beyond(Sequence durable);

  // The checkpointer:
  bool wants_write() const { return phase_.load(std::memory_order_acquire) == Phase::released; }
  Result<void> write();

  Sequence last_written() const { return {last_written_.load(std::memory_order_relaxed)}; }

 private:
  enum class Phase : uint8_t { idle, frozen, released, written };
  RowTable& rows_;
  IdTable& ids_;
  std::atomic<Phase> phase_{Phase::idle};
  Checkpoint at_;
  bool ids_alone_ = false;
  std::atomic<uint64_t> last_written_{0};
};

/// Steps the checkpoints of many partitions, one at a time.
class Checkpointer {
 public:
  explicit Checkpointer(std::vector<Checkpointing*> partitions)
      : partitions_(std::move(partitions)) {}
  /// Blocked: the disk is full, the write is tried again. Faults end the process: a store that
  /// cannot be written serves nobody (exit 5).
  Result<Step> step();

 private:
  std::vector<Checkpointing*> partitions_;
  std::size_t next_ = 0;
};

}  // namespace spate
