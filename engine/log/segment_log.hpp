// SegmentLog: the embedded log: all partitions in one row of segment files, one sync for all.
#pragma once
#include "engine/log/manifest.hpp"
#include "engine/log/segment_recovery.hpp"
#include "engine/log/segment_writer.hpp"

namespace spate {

struct SegmentLogLimits {
  SegmentWriterLimits writer;
  SegmentPreparerLimits preparer;
  SegmentReaderLimits reader;
  std::size_t recent_bytes_max = 64 << 20;  ///< of durable batches kept in memory for readers
};

struct SegmentLogOptions {
  std::vector<WantedDomain> domains;
  std::optional<LogIdentity> fresh;  ///< for a new directory; absent: by chance
  std::vector<KnownPosition> known;  ///< what checkpoints say must be there
  SegmentLogLimits limits;
};

/// How the directory was found.
struct RecoveryReport {
  bool was_clean = true;
  uint64_t records_rescued = 0;
  uint64_t bytes_cut = 0;
};

/// Threads: `write_step` belongs to one thread (it syncs), `prepare_step` to another (it fills
/// files); the rest as Log says. Nothing becomes durable without write_step and prepare_step.
class SegmentLog final : public Log {
 public:
  /// Locks the directory, makes or checks its manifest, recovers. Faults leave it as it was:
  /// `log_in_use`, `log_format`, `partition_count`, `segment_missing`, `log_rot`, `storage_*`.
  static Result<std::unique_ptr<SegmentLog>> open(Storage& storage, const Clock& clock,
                                                  SegmentLogOptions options);

  const LogIdentity& identity() const override { return manifest_.identity; }
  const Topology& topology() const override { return topology_; }
  Result<Ownership> acquire(PartitionId partition) override;
  Taken append_commands(PartitionId partition, BatchPtr batch) override;
  Taken append_outcomes(PartitionId partition, Epoch epoch, Sequence expected,
                        BatchPtr batch) override;
  Progress poll(PartitionId partition) override;
  Result<BatchPtr> read(LogSide side, PartitionId partition, uint64_t from,
                        std::size_t bytes_max) override;
  Sequence outcomes_end(PartitionId partition) const override {
    return board_.sequence(topology_.dense_index(partition));
  }
  void on_durable(PartitionId partition, Bell* bell) override;

  /// A fault ends the process.
  Result<Step> write_step() { return writer_.step(); }
  Result<Step> prepare_step() { return preparer_.step(); }
  /// The writer's thread sleeps no longer than this.
  int64_t wake_in_ns() const { return writer_.wake_in_ns(); }
  /// The bells of the two threads.
  void on_work(Bell* writer, Bell* preparer);
  /// Rung in the place of the writer's for what is appended: who steps the owners passes it on.
  void on_appended(Bell* bell) { writer_.on_taken(bell); }
  /// Refuse new commands: the disk has no room for another segment (B5).
  bool storage_full() const { return preparer_.storage_full(); }
  /// A clean stop: writes what was taken, seals. After it only reads. Requires: nobody steps.
  Result<void> close();

  /// What waits for the disk, and what readers keep; the writer's thread.
  std::size_t groups_formed() const { return writer_.groups_formed(); }
  std::size_t cached_bytes() { return reader_.cached_bytes(); }

  const RecoveryReport& recovery() const { return report_; }
  void on_sync(SegmentWriter::SyncObserver observer) { writer_.on_sync(std::move(observer)); }
  const SegmentWriterCounters& counters() const { return writer_.counters(); }
  /// What is told to be durable lies before it, in the order of the log. Any thread.
  SegmentEnd durable_end() const { return writer_.durable_end(); }

 private:
  struct Owned {
    Tail tail;  // behind all that was appended
    Epoch epoch;
    Progress::Fate fate = Progress::Fate::conflict;  // until acquired
  };
  SegmentLog(Storage& storage, const Clock& clock, std::unique_ptr<DirectoryLock> lock,
             Manifest manifest, Recovered recovered, const SegmentLogLimits& limits);

  std::unique_ptr<DirectoryLock> lock_;
  const Manifest manifest_;
  const Topology topology_;
  const RecoveryReport report_;
  std::vector<Owned> owned_;  // by dense index, each of its owner's thread
  PartitionBoard board_;
  RecentWindow window_;
  SegmentReader reader_;
  SegmentPreparer preparer_;
  SegmentWriter writer_;
};

}  // namespace spate
