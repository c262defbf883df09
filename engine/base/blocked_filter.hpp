// BlockedFilter: a Bloom filter that touches one cache line a key; says "surely not" or "maybe".
#pragma once
#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/filter_room.hpp"
#include "engine/base/prefetch.hpp"

namespace spate {

/// Blocks of 512 bits, one bit in each of a block's eight words a key (Putze, Sanders, Singler
/// 2007; one bit a word as in Impala's split blocks). At 10 bits a key about 1 % of the absent are
/// "maybe". Threads: one adds; others may test or copy meanwhile and see each key at the latest
/// when told so.
class BlockedFilter {
 public:
  static constexpr std::size_t bits_per_key = 10, block_bytes = 64;

  /// Room for `keys` at that rate.
  explicit BlockedFilter(std::size_t keys)
      : BlockedFilter(blocks_for(keys), keys, 0) {}
  /// Words as `words()` gave them. `share`: what it has its memory of, for as long as it lives.
  BlockedFilter(std::size_t blocks, std::size_t room, std::size_t keys, FilterShare share = {});
  /// In place of one of `blocks` with `keys` in it: as large, or a half, a quarter, … of it, where
  /// the share is less. `add_blocks` then fills it.
  static std::unique_ptr<BlockedFilter> within(FilterShare share, std::size_t blocks,
                                               std::size_t room, std::size_t keys);
  /// A multiple of 16: so it can be halved without loss but of bits a key.
  static std::size_t blocks_for(std::size_t keys) {
    return aligned_up((keys * bits_per_key + 511) / 512 + 1, 16);
  }

  void add(uint64_t hash) {
    uint64_t* word = block_of(hash);
    const uint64_t bits = spread(hash);
    for (int i = 0; i < 8; ++i) {
      const uint64_t now = __atomic_load_n(&word[i], __ATOMIC_RELAXED);
      __atomic_store_n(&word[i], now | uint64_t{1} << (bits >> (6 * i) & 63), __ATOMIC_RELAXED);
    }
    __atomic_store_n(&keys_, keys_ + 1, __ATOMIC_RELAXED);
  }
  bool may_contain(uint64_t hash) const {
    const uint64_t* word = block_of(hash);
    const uint64_t bits = spread(hash);
    uint64_t all = 1;
    for (int i = 0; i < 8; ++i)
      all &= __atomic_load_n(&word[i], __ATOMIC_RELAXED) >> (bits >> (6 * i) & 63);
    return all != 0;
  }
  void prefetch(uint64_t hash) const { spate::prefetch(block_of(hash)); }
  /// Some blocks in a row of a filter that has as many as this one or more, `from` the first: from
  /// then on it says "maybe" of all of which these do.
  void add_blocks(std::span<const uint64_t> words, std::size_t from, std::size_t blocks_of_other);

  bool is_full() const { return keys_ >= room_; }
  std::size_t keys() const { return __atomic_load_n(&keys_, __ATOMIC_RELAXED); }
  std::size_t room() const { return room_; }
  std::size_t blocks() const { return blocks_; }
  std::size_t bytes() const { return blocks_ * block_bytes; }
  uint64_t* words() { return words_.get(); }
  const uint64_t* words() const { return words_.get(); }

 private:
  uint64_t* block_of(uint64_t hash) const {
    const auto place =
        static_cast<std::size_t>((static_cast<unsigned __int128>(hash) * blocks_) >> 64);
    return words_.get() + place * 8;
  }
  // 48 bits that are independent of the block, which is chosen by the high bits of the hash.
  static uint64_t spread(uint64_t hash) {
    return (std::rotl(hash, 32) * 0x9e3779b97f4a7c15) >> 16;
  }
  struct Free {
    void operator()(uint64_t* words) const { std::free(words); }
  };

  std::size_t blocks_;
  std::size_t room_;
  std::size_t keys_;
  FilterShare share_;
  std::unique_ptr<uint64_t[], Free> words_;
};

/// A filter for any number of keys: when the newest level is full, one of four times the room
/// follows. Where there is no memory for one that would help, the newest takes all that come: it
/// says "maybe" ever more often.
class GrowingFilter {
 public:
  using Levels = std::vector<std::shared_ptr<BlockedFilter>>;
  static constexpr std::size_t first_room_keys = 1 << 16, levels_max = 12;

  /// `room`: none: as much memory as it wants.
  explicit GrowingFilter(std::shared_ptr<FilterRoom> room = {}) : room_(std::move(room)) {}
  void add(uint64_t hash) {
    if (may_contain(hash)) return;  // rows that come and go do not fill it
    if (levels_.empty() || (levels_.back()->is_full() && is_time_to_grow())) grow();
    levels_.back()->add(hash);
  }
  bool may_contain(uint64_t hash) const {
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level)
      if ((*level)->may_contain(hash)) return true;
    return false;
  }
  void prefetch(uint64_t hash) const {
    for (const auto& level : levels_) level->prefetch(hash);
  }
  /// The levels there are now; a copy keeps them alive for another thread.
  const Levels& levels() const { return levels_; }
  void assign(Levels levels) { levels_ = std::move(levels); }
  std::size_t bytes() const;
  const std::shared_ptr<FilterRoom>& room() const { return room_; }

 private:
  /// Again and again, not at every key: others may have given memory back.
  bool is_time_to_grow() const {
    return (levels_.back()->keys() - levels_.back()->room()) % 1024 == 0;
  }
  void grow();
  std::shared_ptr<FilterRoom> room_;
  Levels levels_;
};

}  // namespace spate
