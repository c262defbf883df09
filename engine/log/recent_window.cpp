// One short lock a partition; dropping goes through a queue of the writer's own.
#include "engine/log/recent_window.hpp"

#include <algorithm>

namespace spate {
namespace {
std::size_t slot_of(LogSide side) { return static_cast<std::size_t>(side); }
}  // namespace

RecentWindow::RecentWindow(std::vector<Floor> floors, std::size_t durable_bytes_max)
    : slots_(floors.size()), durable_bytes_max_(durable_bytes_max) {
  for (std::size_t i = 0; i < floors.size(); ++i)
    std::copy_n(floors[i].on_disk, 2, slots_[i].on_disk);
}

void RecentWindow::add(uint32_t dense, BatchPtr batch) {
  Slot& slot = slots_[dense];
  std::lock_guard lock(slot.mutex);
  slot.batches[slot_of(batch->side())].push_back(std::move(batch));
}

void RecentWindow::settle(uint32_t dense, LogSide side, uint64_t last, std::size_t bytes) {
  durable_.push_back({dense, side, last, bytes});
  durable_bytes_ += bytes;
  while (durable_bytes_ > durable_bytes_max_ && !durable_.empty()) {
    drop(durable_.front());
    durable_bytes_ -= durable_.front().bytes;
    durable_.pop_front();
  }
}

void RecentWindow::drop(const Token& token) {
  BatchPtr dropped;  // freed after the lock
  Slot& slot = slots_[token.dense];
  std::lock_guard lock(slot.mutex);
  auto& batches = slot.batches[slot_of(token.side)];
  ENSURE(!batches.empty() && batches.front()->last() == token.last);
  dropped = std::move(batches.front());
  batches.pop_front();
  slot.on_disk[slot_of(token.side)] = token.last;
}

std::optional<BatchPtr> RecentWindow::find(uint32_t dense, LogSide side, uint64_t from) const {
  const Slot& slot = slots_[dense];
  std::lock_guard lock(slot.mutex);
  if (from <= slot.on_disk[slot_of(side)]) return std::nullopt;
  const auto& batches = slot.batches[slot_of(side)];
  const auto found =
      std::partition_point(batches.begin(), batches.end(),
                           [from](const BatchPtr& batch) { return batch->last() < from; });
  return found == batches.end() ? BatchPtr{} : *found;
}

}  // namespace spate
