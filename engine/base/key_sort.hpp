// Sorting by key: eight bytes of the key at a time beside the pointer, so few keys are read.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/prefetch.hpp"

namespace spate {

/// `Entry` has a `key()` whose bytes lie in it or right behind it; entries may lie anywhere.
template <class Entry>
struct SortedEntry {
  uint64_t word = 0;  ///< the eight bytes of the key that are being compared, big-endian
  const Entry* entry = nullptr;
};

template <class Entry>
class KeySort {
 public:
  using Item = SortedEntry<Entry>;
  using Items = std::span<Item>;

  /// By the bytes of the keys, multikey (Bentley and Sedgewick, 1997) by words.
  static void run(Items items) {
    std::vector<Item> room;
    run(items, room);
  }
  /// `room`: memory that it works in, for the next time.
  static void run(Items items, std::vector<Item>& room) {
    if (items.size() >= radix_items_min) room.resize(std::max(room.size(), items.size()));
    sort_from(items, room, 0);
  }

 private:
  static constexpr std::size_t few_items = 16, radix_items_min = 1024;
  static constexpr std::size_t ahead = 12;  // so many are asked for before their turn

  /// Calls `visit(item)` for each; each is on its way to the cache by then.
  template <class Visit>
  static void each_fetched(Items items, Visit visit) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i + ahead < items.size()) {
        const Entry* next = items[i + ahead].entry;
        prefetch(next);
        prefetch(reinterpret_cast<const uint8_t*>(next) + 64);
      }
      visit(items[i]);
    }
  }

  /// The eight bytes from `depth` on, missing ones as zero.
  static uint64_t word_at(std::string_view key, std::size_t depth) {
    uint64_t word = 0;
    if (key.size() >= depth + 8) std::memcpy(&word, key.data() + depth, 8);
    else if (key.size() > depth) std::memcpy(&word, key.data() + depth, key.size() - depth);
    return __builtin_bswap64(word);
  }

  /// Where the keys begin to differ, if they agree up to `depth`.
  static std::size_t common_prefix(Items items, std::size_t depth) {
    std::string_view prefix = items.front().entry->key();
    each_fetched(items, [&](const Item& item) {
      const std::string_view key = item.entry->key();
      const std::size_t limit = std::min(prefix.size(), key.size());
      std::size_t at = std::min(depth, limit);
      while (at + 8 <= limit && std::memcmp(&prefix[at], &key[at], 8) == 0) at += 8;
      while (at < limit && prefix[at] == key[at]) ++at;
      prefix = prefix.substr(0, at);
    });
    return prefix.size();
  }

  // Depth is bounded by the key's length / 8: each turn but the last goes one word on.
  static void sort_from(Items items, Items room, std::size_t depth) {
    const auto by_key = [](const Item& a, const Item& b) {
      return a.word != b.word ? a.word < b.word : a.entry->key() < b.entry->key();
    };
    const bool few = items.size() <= few_items;
    if (items.size() < 2) return;
    if (!few) depth = std::max(depth, common_prefix(items, depth));  // shorter ones end before it
    bool all_ended = true;
    each_fetched(items, [&](Item& item) {
      item.word = word_at(item.entry->key(), depth);
      all_ended &= item.entry->key().size() <= depth;
    });
    // All ended: keys that differ in trailing zero bytes alone.
    if (few || all_ended) return std::sort(items.begin(), items.end(), by_key);
    sort_words(items, room);
    for (std::size_t i = 0; i < items.size();) {
      std::size_t end = i + 1;
      while (end < items.size() && items[end].word == items[i].word) ++end;
      if (end - i > 1) sort_from(items.subspan(i, end - i), room, depth + 8);
      i = end;
    }
  }

  /// Many byte by byte from the last (Knuth, TAOCP 5.2.5), but for bytes in which all are alike.
  static void sort_words(Items items, Items room) {
    if (items.size() < radix_items_min)
      return std::sort(items.begin(), items.end(),
                       [](const Item& a, const Item& b) { return a.word < b.word; });
    std::array<std::array<uint32_t, 256>, 8> places{};  // first how many, then where the next goes
    for (const Item& item : items)
      for (uint32_t byte = 0; byte < 8; ++byte) ++places[byte][item.word >> 8 * byte & 255];
    Items from = items, to = room.first(items.size());
    for (uint32_t byte = 0; byte < 8; ++byte) {
      auto& place = places[byte];
      if (place[from.front().word >> 8 * byte & 255] == from.size()) continue;
      uint32_t sum = 0;
      for (uint32_t& at : place) sum += std::exchange(at, sum);
      for (const Item& item : from) to[place[item.word >> 8 * byte & 255]++] = item;
      std::swap(from, to);
    }
    if (from.data() != items.data()) std::copy(from.begin(), from.end(), items.begin());
  }
};

}  // namespace spate
