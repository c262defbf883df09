// ViewFilter: which views surely are not in a store; one thread adds while any thread asks.
#pragma once
#include <array>
#include <atomic>
#include <memory>

#include "engine/base/blocked_filter.hpp"
#include "engine/base/filter_room.hpp"

namespace spate {

/// Filters of growing size, few, since each is asked. The first ones have 32 bits a key, so that
/// full they say "maybe" of next to none of the absent: each "maybe" is a look into the store. When
/// there is no room for a larger one, the last takes all that comes: at 16 bits a key it says so of
/// 0.1 %, at 5 of a fifth. The first, 256 KiB, is no part of the room. While it is not complete it
/// knows nothing.
class ViewFilter {
 public:
  explicit ViewFilter(std::shared_ptr<FilterRoom> room) : room_(std::move(room)) {
    filters_[0] = filter(0, bytes_of_level[0]);
  }
  ~ViewFilter() { room_->give_back(taken_); }
  ViewFilter(const ViewFilter&) = delete;
  ViewFilter& operator=(const ViewFilter&) = delete;

  /// Requires: one thread at a time.
  void add(uint64_t hash) {
    if (known(hash)) return;
    std::size_t levels = levels_.load(std::memory_order_relaxed);
    if (filters_[levels - 1]->is_full() && levels < levels_max && grow(levels))
      levels_.store(++levels, std::memory_order_release);
    filters_[levels - 1]->add(hash);
  }
  /// Every key of the store has been added.
  void complete() { complete_.store(true, std::memory_order_release); }
  bool is_complete() const { return complete_.load(std::memory_order_acquire); }
  void prefetch(uint64_t hash) const {
    for (std::size_t at = levels_.load(std::memory_order_acquire); at > 0; --at)
      filters_[at - 1]->prefetch(hash);
  }
  /// False: the key surely is not in the store.
  bool may_hold(uint64_t hash) const { return !is_complete() || known(hash); }

 private:
  static constexpr std::size_t mib = 1 << 20;
  static constexpr std::array<std::size_t, 4> bytes_of_level{mib / 4, 4 * mib, 32 * mib, 256 * mib};
  static constexpr std::array<std::size_t, 4> bits_per_key{32, 32, 16, 16};
  static constexpr std::size_t levels_max = bytes_of_level.size();

  bool known(uint64_t hash) const {
    for (std::size_t at = levels_.load(std::memory_order_acquire); at > 0; --at)
      if (filters_[at - 1]->may_contain(hash)) return true;
    return false;
  }
  /// False: what room there is would make no difference.
  bool grow(std::size_t level) {
    const std::size_t bytes = room_->take(bytes_of_level[level]);
    if (bytes < filters_[level - 1]->bytes() / 4) return room_->give_back(bytes), false;
    taken_ += bytes;
    filters_[level] = filter(level, bytes);
    return true;
  }
  static std::unique_ptr<BlockedFilter> filter(std::size_t level, std::size_t bytes) {
    return std::make_unique<BlockedFilter>(bytes / 64, bytes * 8 / bits_per_key[level], 0);
  }

  const std::shared_ptr<FilterRoom> room_;
  std::size_t taken_ = 0;
  std::array<std::unique_ptr<BlockedFilter>, levels_max> filters_;
  std::atomic<std::size_t> levels_{1};
  std::atomic<bool> complete_{false};
};

}  // namespace spate
