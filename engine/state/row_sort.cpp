// Sorting by words of the key; rows that agree in one word are sorted by the next.
#include "engine/state/row_sort.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/prefetch.hpp"

namespace spate {
namespace {

constexpr std::size_t few_rows = 16;
constexpr std::size_t ahead = 12;  // rows lie anywhere: so many are asked for before their turn

/// The eight bytes from `depth` on, missing ones as zero.
uint64_t word_at(std::string_view key, std::size_t depth) {
  if (depth >= key.size()) return 0;
  uint64_t word = 0;
  std::memcpy(&word, key.data() + depth, std::min<std::size_t>(8, key.size() - depth));
  return __builtin_bswap64(word);
}

/// Calls `visit(row)` for each; each is on its way to the cache by then.
template <class Visit>
void each_fetched(std::span<SortedRow> rows, Visit visit) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + ahead < rows.size()) prefetch_row(*rows[i + ahead].entry);
    visit(rows[i]);
  }
}

/// Where the keys begin to differ, if they agree up to `depth`.
std::size_t common_prefix(std::span<SortedRow> rows, std::size_t depth) {
  std::string_view prefix = rows.front().entry->key();
  each_fetched(rows, [&](const SortedRow& row) {
    const std::string_view key = row.entry->key();
    const std::size_t limit = std::min(prefix.size(), key.size());
    std::size_t at = std::min(depth, limit);
    while (at + 8 <= limit && std::memcmp(&prefix[at], &key[at], 8) == 0) at += 8;
    while (at < limit && prefix[at] == key[at]) ++at;
    prefix = prefix.substr(0, at);
  });
  return prefix.size();
}

// Depth is bounded by the key's length / 8, at most 34 for the longest key of streams and subs.
void sort_from(std::span<SortedRow> rows, std::size_t depth) {
  const auto by_key = [](const SortedRow& a, const SortedRow& b) {
    return a.word != b.word ? a.word < b.word : a.entry->key() < b.entry->key();
  };
  const bool few = rows.size() <= few_rows;
  if (!few) depth = std::max(depth, common_prefix(rows, depth));  // shorter ones end before it
  bool all_ended = true;
  each_fetched(rows, [&](SortedRow& row) {
    row.word = word_at(row.entry->key(), depth);
    all_ended &= row.entry->key().size() <= depth;
  });
  // All ended: keys that differ in trailing zero bytes alone.
  if (few || all_ended) return std::sort(rows.begin(), rows.end(), by_key);
  std::sort(rows.begin(), rows.end(),
            [](const SortedRow& a, const SortedRow& b) { return a.word < b.word; });
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t end = i + 1;
    while (end < rows.size() && rows[end].word == rows[i].word) ++end;
    if (end - i > 1) sort_from(rows.subspan(i, end - i), depth + 8);
    i = end;
  }
}

}  // namespace

void sort_by_key(std::span<SortedRow> rows) { sort_from(rows, 0); }

std::vector<SortedRow> sorted(const RowGeneration& rows, bool clean_too) {
  std::vector<SortedRow> list;
  list.reserve(clean_too ? rows.count() : rows.dirty_count());
  const bool all = clean_too || rows.dirty_count() == rows.count();
  rows.each([&](const RowGeneration::Slot& slot) {
    if (all || slot.entry->dirty) list.push_back({0, slot.entry});
  });
  sort_by_key(list);
  return list;
}

}  // namespace spate
