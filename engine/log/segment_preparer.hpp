// SegmentPreparer: has a segment filled with zeros before it is needed, and watches the disk (B5).
#pragma once
#include <atomic>
#include <mutex>

#include "engine/base/bell.hpp"
#include "engine/base/clock.hpp"
#include "engine/base/step.hpp"
#include "engine/log/storage.hpp"

namespace spate {

struct SpareSegment {
  uint64_t segment = 0;
  uint64_t bytes = 0;
  std::unique_ptr<StoredFile> file;
};

struct SegmentPreparerLimits {
  uint64_t segment_bytes = uint64_t{256} << 20;
  uint64_t first_segment_bytes = uint64_t{16} << 20;  ///< of the first one made: ready sooner
  uint64_t disk_free_bytes_min = uint64_t{64} << 20;  ///< below it the log counts as full
};

/// `step` on a thread of its own (filling is slow), `take` and `note_used` by the writer, the rest
/// by anyone. A spare is filled twice as fast as the segment before it is used up: all at once it
/// would take the disk from commands that wait for a sync. Without one before, it goes ahead.
class SegmentPreparer {
 public:
  SegmentPreparer(Storage& storage, const Clock& clock, SegmentPreparerLimits limits,
                  uint64_t next_segment);

  /// Fills the next part. Idle: nothing to do for a second, or until the bell. Faults stop the
  /// process; a full disk is none.
  Result<Step> step();
  /// The spare segment, once; none while there is none: then it is made without delay.
  std::optional<SpareSegment> take();
  /// So much of the segment that was taken last is written.
  void note_used(uint64_t offset, uint64_t bytes);
  /// The disk has no room for another segment: take no new commands.
  bool storage_full() const { return full_.load(std::memory_order_acquire); }

  void on_taken(Bell* bell) { taken_bell_ = bell; }
  void on_ready(Bell* bell) { ready_bell_ = bell; }

 private:
  Result<bool> begin();
  bool is_wanted() const;
  Result<void> fill();
  Result<void> finish();
  Result<void> look_each_second(uint64_t needed);
  Result<void> look_at_disk(uint64_t needed);
  bool has_spare();

  Storage& storage_;
  const Clock& clock_;
  const SegmentPreparerLimits limits_;
  std::atomic<bool> full_{false};
  std::atomic<uint64_t> wanted_bytes_{UINT64_MAX};  // of the spare, by now
  uint64_t rung_bytes_ = 0;                         // of the writer: wanted when it last rang
  Bell* taken_bell_ = nullptr;
  Bell* ready_bell_ = nullptr;

  // Of the stepping thread.
  uint64_t next_segment_;
  uint64_t next_bytes_;
  SpareSegment filling_;
  uint64_t filled_ = 0;
  int64_t look_again_ns_ = 0;

  std::mutex mutex_;
  std::optional<SpareSegment> ready_;
};

}  // namespace spate
