// A spare left from an earlier run is made again: after a failed sync only the page cache may have
// it.
#include "engine/log/segment_preparer.hpp"

#include <algorithm>

#include "engine/log/segment_format.hpp"

namespace spate {
namespace {
constexpr std::size_t part_bytes = 256 << 10;  // a sync of others waits for one
constexpr int64_t look_every_ns = 1'000'000'000;
alignas(block_bytes) uint8_t zeros[part_bytes];  // never changed; aligned: written without a copy
bool is_storage_full(const Fault& fault) { return fault.code == "storage_full"; }
}  // namespace

SegmentPreparer::SegmentPreparer(Storage& storage, const Clock& clock, SegmentPreparerLimits limits,
                                 uint64_t next_segment)
    : storage_(storage),
      clock_(clock),
      limits_(limits),
      next_segment_(next_segment),
      next_bytes_(std::min(limits.first_segment_bytes, limits.segment_bytes)) {
  ENSURE(next_bytes_ % block_bytes == 0 && limits_.segment_bytes % block_bytes == 0);
}

bool SegmentPreparer::has_spare() {
  std::lock_guard lock(mutex_);
  return ready_.has_value();
}

std::optional<SpareSegment> SegmentPreparer::take() {
  std::optional<SpareSegment> spare;
  {
    std::lock_guard lock(mutex_);
    spare.swap(ready_);
  }
  const bool waited_for = wanted_bytes_.load(std::memory_order_relaxed) == UINT64_MAX;
  wanted_bytes_.store(spare ? 0 : UINT64_MAX, std::memory_order_relaxed);
  rung_bytes_ = 0;
  if ((spare || !waited_for) && taken_bell_ != nullptr) taken_bell_->ring();
  return spare;
}

void SegmentPreparer::note_used(uint64_t offset, uint64_t bytes) {
  if (wanted_bytes_.load(std::memory_order_relaxed) == UINT64_MAX) return;
  const uint64_t wanted = limits_.segment_bytes / block_bytes * 2 * offset / bytes * block_bytes;
  wanted_bytes_.store(wanted, std::memory_order_relaxed);
  if (wanted < rung_bytes_ + part_bytes || rung_bytes_ >= limits_.segment_bytes) return;
  rung_bytes_ = wanted;
  if (taken_bell_ != nullptr) taken_bell_->ring();
}

Result<Step> SegmentPreparer::step() {
  if (filling_.file == nullptr) {
    TRY(const bool began, begin());
    return began ? Step::worked : Step::idle;
  }
  if (!is_wanted()) {
    TRY(look_each_second(filling_.bytes - filled_));
    return Step::idle;
  }
  Result<void> filled = fill();
  if (filled && filled_ == filling_.bytes) filled = finish();
  if (filled) return Step::worked;
  if (!is_storage_full(filled.error())) return pass_on(std::move(filled.error()));
  filling_ = {};
  TRY(storage_.remove(segment_name(next_segment_)));
  full_.store(true, std::memory_order_release);
  look_again_ns_ = clock_.monotonic_ns() + look_every_ns;
  return Step::idle;
}

Result<bool> SegmentPreparer::begin() {
  const int64_t now = clock_.monotonic_ns();
  if (has_spare()) {
    TRY(look_each_second(0));
    return false;
  }
  if (full_.load() && now < look_again_ns_) return false;
  look_again_ns_ = now + look_every_ns;
  const std::string name = segment_name(next_segment_);
  filled_ = 0;
  TRY(const auto names, storage_.list());
  if (std::find(names.begin(), names.end(), name) != names.end()) TRY(storage_.remove(name));
  TRY(look_at_disk(next_bytes_));
  if (full_.load()) return false;
  auto made = storage_.open(name, OpenMode::create);
  if (!made) {
    if (!is_storage_full(made.error())) return pass_on(std::move(made.error()));
    full_.store(true, std::memory_order_release);
    return false;
  }
  filling_ = {next_segment_, next_bytes_, std::move(*made)};
  return true;
}

bool SegmentPreparer::is_wanted() const {
  return filled_ < wanted_bytes_.load(std::memory_order_relaxed);
}

Result<void> SegmentPreparer::fill() {
  const std::size_t part = std::min<uint64_t>(part_bytes, filling_.bytes - filled_);
  TRY(filling_.file->write(filled_, Bytes(zeros).first(part)));
  filled_ += part;
  return {};
}

Result<void> SegmentPreparer::finish() {
  TRY(filling_.file->sync());
  TRY(storage_.sync_directory());
  {
    std::lock_guard lock(mutex_);
    ready_ = std::move(filling_);
  }
  filling_ = {};
  ++next_segment_;
  next_bytes_ = limits_.segment_bytes;
  look_again_ns_ = 0;
  if (ready_bell_ != nullptr) ready_bell_->ring();
  return {};
}

Result<void> SegmentPreparer::look_each_second(uint64_t needed) {
  const int64_t now = clock_.monotonic_ns();
  if (now < look_again_ns_) return {};
  look_again_ns_ = now + look_every_ns;
  return look_at_disk(needed);
}

Result<void> SegmentPreparer::look_at_disk(uint64_t needed) {
  TRY(const uint64_t free, storage_.free_bytes());
  full_.store(free < limits_.disk_free_bytes_min + needed, std::memory_order_release);
  return {};
}

}  // namespace spate
