// SegmentPreparer: keeps one segment filled with zeros ahead of need, and watches the disk (B5).
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

/// `step` on a thread of its own (filling is slow), `take` by the writer, the rest by anyone.
class SegmentPreparer {
 public:
  SegmentPreparer(Storage& storage, const Clock& clock, SegmentPreparerLimits limits,
                  uint64_t next_segment);

  /// Fills the next mebibyte. Idle: nothing to do for a second, or until the bell. Faults stop the
  /// process; a full disk is none.
  Result<Step> step();
  /// The spare segment, once; none while there is none.
  std::optional<SpareSegment> take();
  /// The disk has no room for another segment: take no new commands.
  bool storage_full() const { return full_.load(std::memory_order_acquire); }

  void on_taken(Bell* bell) { taken_bell_ = bell; }
  void on_ready(Bell* bell) { ready_bell_ = bell; }

 private:
  Result<bool> begin();
  Result<void> fill();
  Result<void> finish();
  Result<void> look_at_disk(uint64_t needed);
  bool has_spare();

  Storage& storage_;
  const Clock& clock_;
  const SegmentPreparerLimits limits_;
  std::atomic<bool> full_{false};
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
