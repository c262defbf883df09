// ViewFilter: which views surely are not in a store; one thread adds while any thread asks.
#pragma once
#include <array>
#include <atomic>
#include <memory>

#include "engine/base/blocked_filter.hpp"

namespace spate {

/// Filters of growing room, 16 bits a key: each that is full says "maybe" of 0.2 % of the absent,
/// and each "maybe" costs a look into the store. While it is not complete it knows nothing.
class ViewFilter {
 public:
  /// Requires: one thread at a time.
  void add(uint64_t hash) {
    if (known(hash)) return;
    std::size_t levels = levels_.load(std::memory_order_relaxed);
    if (levels == 0 || (filters_[levels - 1]->is_full() && levels < levels_max)) {
      const std::size_t room = first_room_keys << (2 * levels);
      filters_[levels] =
          std::make_unique<BlockedFilter>(room * bits_per_key / 512 + 1, room, 0);
      levels_.store(++levels, std::memory_order_release);
    }
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
  static constexpr std::size_t levels_max = 12, first_room_keys = 1 << 16;
  static constexpr std::size_t bits_per_key = 16;

  bool known(uint64_t hash) const {
    for (std::size_t at = levels_.load(std::memory_order_acquire); at > 0; --at)
      if (filters_[at - 1]->may_contain(hash)) return true;
    return false;
  }

  std::array<std::unique_ptr<BlockedFilter>, levels_max> filters_;
  std::atomic<std::size_t> levels_{0};
  std::atomic<bool> complete_{false};
};

}  // namespace spate
