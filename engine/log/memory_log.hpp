// MemoryLog: the log port in memory, with faults on demand, for tests and simulation.
#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <mutex>

#include "engine/base/step.hpp"
#include "engine/log/log.hpp"

namespace spate {

struct MemoryLogLimits {
  /// Of all partitions; beyond it appends find it full.
  std::size_t undurable_bytes_max = 64 << 20;
  Numbering numbering = Numbering::owner;
};

/// Appends become durable when told to, never by themselves. Any thread may call anything.
class MemoryLog final : public Log {
 public:
  explicit MemoryLog(Topology topology, LogIdentity identity = {{1, 1}, 1},
                     MemoryLogLimits limits = {});

  const LogIdentity& identity() const override { return identity_; }
  const Topology& topology() const override { return topology_; }
  Numbering numbering() const override { return limits_.numbering; }
  Result<Ownership> acquire(PartitionId partition) override;
  /// Nothing while some are not durable.
  std::optional<Tail> tail(PartitionId partition) override;
  Taken append_commands(PartitionId partition, BatchPtr batch) override;
  Taken append_outcomes(PartitionId partition, Epoch epoch, Sequence expected,
                        BatchPtr batch) override;
  uint64_t ask_end(PartitionId partition) override;
  Progress poll(PartitionId partition) override;
  Result<BatchPtr> read(LogSide side, PartitionId partition, uint64_t from,
                        std::size_t bytes_max) override;
  Sequence outcomes_end(PartitionId partition) const override;
  void on_durable(PartitionId partition, Bell* bell) override;

  /// Makes all that was appended durable and rings the bells; idle when there was nothing.
  Step step();
  void make_durable(PartitionId partition);

  /// A power cut: all that is not durable is gone, every partition must be acquired again.
  void crash();
  /// The same after the partition's outcomes became durable up to `last`, in the middle of a batch
  /// perhaps: a log may spread a batch over two groups. Requires: `last` was appended.
  void crash_within(PartitionId partition, Sequence last);
  /// The partition's undurable outcomes end in `fate` (A4). Its commands stay: they do not hang on
  /// the owner. `happened`: with `unknown`, the outcomes did reach the log and acquire finds them.
  void fail(PartitionId partition, Progress::Fate fate, bool happened = false);
  bool storage_full() const override { return disk_is_full_; }

  /// Numbering::log: commands that nobody can read yet end in an error, and never come.
  void fail_commands(PartitionId partition);
  /// While true, the disk is full (B5).
  void fill_disk(bool full) { disk_is_full_ = full; }
  /// While true, appends find the log full.
  void refuse(bool full);
  /// While true, nobody can acquire: another is the owner, for a moment or (`for_good`) until the
  /// group decides anew.
  void hold_acquire(bool held, bool for_good = false);
  /// While true, nothing can be read; a later try may.
  void fail_reads(bool fail);
  /// The other owner's work: durable outcomes behind the tail, in an epoch above the one before.
  void append_elsewhere(PartitionId partition, BatchPtr outcomes);
  /// Numbering::log: a command of another sender, numbered behind all that are durable.
  Cause append_foreign(PartitionId partition, Instant time, Bytes body);
  std::size_t undurable_bytes() const;

 private:
  struct Partition {
    std::map<uint64_t, BatchPtr> batches[2];  // by last number
    uint64_t durable[2] = {0, 0};
    Tail tail;  // with what is not durable
    Epoch epoch;
    Progress::Fate fate = Progress::Fate::unknown;  // until acquired
    Sequence reported;  // after a failure: how far durability had been told
    std::size_t undurable_bytes = 0;
    std::vector<Bell*> bells;
    std::deque<BatchPtr> unnumbered;  // Numbering::log: not durable, not readable
    uint64_t asked = 0, answered = 0;
    uint64_t commands_failed = 0;
  };

  Partition& at(PartitionId id) { return partitions_[topology_.dense_index(id)]; }
  bool has_room(std::size_t bytes) const;
  void add(Partition& partition, LogSide side, BatchPtr batch);
  bool settle(Partition& partition);
  void number(Partition& partition);
  void forget_undurable(Partition& partition, LogSide side);

  const Topology topology_;
  const LogIdentity identity_;
  const MemoryLogLimits limits_;
  mutable std::mutex mutex_;
  std::vector<Partition> partitions_;
  std::size_t undurable_bytes_ = 0;
  bool refusing_ = false, holding_ = false, away_ = false, unreadable_ = false;
  std::atomic<bool> disk_is_full_{false};
};

}  // namespace spate
