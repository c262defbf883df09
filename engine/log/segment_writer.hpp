// SegmentWriter: groups what all partitions hand over, writes it, and syncs once for all who wait.
#pragma once
#include <atomic>
#include <functional>

#include "engine/log/closed_segment.hpp"
#include "engine/log/group_builder.hpp"
#include "engine/log/partition_board.hpp"
#include "engine/log/recent_window.hpp"
#include "engine/log/segment_preparer.hpp"
#include "engine/log/segment_reader.hpp"

namespace spate {

struct SegmentWriterLimits {
  std::size_t undurable_bytes_max = 64 << 20;  ///< taken and not yet durable
  std::size_t groups_formed_ahead_max = 4;     ///< while a sync is under way
  int64_t mark_after_idle_ns = 50'000'000;     ///< then the last group is marked durable (B2)
  GroupBuilderLimits group;
};

/// What a metrics page wants to know; any thread reads.
struct SegmentWriterCounters {
  std::atomic<uint64_t> groups{0};
  std::atomic<uint64_t> records{0};
  std::atomic<uint64_t> raw_bytes{0};     ///< of records, unpacked
  std::atomic<uint64_t> stored_bytes{0};  ///< written to segments, padding included
  std::atomic<uint64_t> syncs{0};
  std::atomic<int64_t> sync_ns{0};  ///< spent in syncs, all together
};

/// The parts of one log that the writer moves along as records become durable.
struct SegmentParts {
  Storage& storage;
  const Clock& clock;
  const Hash128& log;
  const Topology& topology;
  PartitionBoard& board;
  RecentWindow& window;
  SegmentReader& reader;
  SegmentPreparer& preparer;
};

/// `take` may be called by any thread; `step` and `seal` by one, the writer's.
class SegmentWriter {
 public:
  SegmentWriter(SegmentParts parts, std::vector<PartitionState> states, SegmentEnd end,
                SegmentWriterLimits limits);

  /// Queues a batch behind all that were taken before.
  Taken take(BatchPtr batch);
  /// Blocked: waits for a sync or for a spare segment. A fault ends the process: what was written
  /// but not synced must be judged by recovery, never by another sync.
  Result<Step> step();
  /// Steps want to be taken again after this, at the latest.
  int64_t wake_in_ns() const;
  /// Everything taken is durable.
  bool settled() const { return undurable_bytes_.load() == 0; }
  /// Groups that wait to be written. The writer's thread.
  std::size_t groups_formed() const { return formed_.size(); }
  /// A clean stop. Requires: settled. No step after it.
  Result<void> seal();

  void on_taken(Bell* bell) { bell_ = bell; }
  /// Called on the writer's thread after each sync: how long it took, records it made durable.
  using SyncObserver = std::function<void(int64_t ns, uint64_t records)>;
  void on_sync(SyncObserver observer) { observer_ = std::move(observer); }
  const SegmentWriterCounters& counters() const { return counters_; }
  /// Behind a group of which, and of all before it, the disk has everything; what was published as
  /// durable lies before it. Any thread.
  SegmentEnd durable_end() const {
    std::lock_guard lock(durable_end_mutex_);
    return durable_end_;
  }

 private:
  enum class Stage : uint8_t { running, opening, sealing };
  struct Written {
    uint64_t number = 0;
    std::vector<FormedGroup::Run> runs;
  };

  Result<Step> turn();
  bool take_queue();
  bool form_ahead();
  void mark_if_due();
  Result<bool> write_all();
  bool fits(const FormedGroup& group) const;
  Result<void> write(FormedGroup& group);
  Result<bool> begin_roll();
  Result<void> seal_previous();
  Result<void> finish_roll();
  void write_index();
  void submit(StoredFile& file);
  Result<bool> settle();
  Result<bool> settle_sync();
  void publish();

  SegmentParts parts_;
  const SegmentWriterLimits limits_;
  GroupBuilder builder_;
  std::deque<FormedGroup> formed_;
  std::vector<PartitionState> states_;    // behind all that was written
  SegmentEnd end_;                        // behind the last group written
  std::optional<SpareSegment> active_;    // none: the last segment is sealed
  std::optional<SpareSegment> next_;      // being opened
  std::unique_ptr<StoredFile> previous_;  // being sealed
  SegmentEnd previous_end_;
  ByteBuffer previous_index_;
  Stage stage_ = Stage::running;
  StoredFile* syncing_ = nullptr;
  SegmentEnd syncing_end_;
  int64_t sync_began_ns_ = 0;
  uint64_t durable_;  // last durable group
  mutable std::mutex durable_end_mutex_;  // held for a copy, once a sync
  SegmentEnd durable_end_;
  std::deque<Written> unsettled_;
  bool unmarked_ = false;  // the last group has records and nothing says that it is durable
  int64_t idle_since_ns_ = 0;
  std::optional<Fault> fault_;

  std::atomic<std::size_t> undurable_bytes_{0};
  std::atomic<bool> waits_for_spare_{false};
  std::mutex queue_mutex_;  // held for a push or a swap
  std::vector<BatchPtr> queue_;
  std::vector<BatchPtr> taken_;
  Bell* bell_ = nullptr;
  SyncObserver observer_;
  uint64_t records_synced_ = 0, syncing_records_ = 0;
  SegmentWriterCounters counters_;
};

}  // namespace spate
