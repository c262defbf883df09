// Sorting by words of the key; rows that agree in one word are sorted by the next.
#include "engine/state/row_sort.hpp"

#include <algorithm>
#include <cstring>

namespace spate {
namespace {

constexpr std::size_t few_rows = 16;

/// The eight bytes from `depth` on, missing ones as zero.
uint64_t word_at(std::string_view key, std::size_t depth) {
  if (depth >= key.size()) return 0;
  uint64_t word = 0;
  std::memcpy(&word, key.data() + depth, std::min<std::size_t>(8, key.size() - depth));
  return __builtin_bswap64(word);
}

// Depth is bounded by the key's length / 8, at most 34 for the longest key of streams and subs.
void sort_from(std::span<SortedRow> rows, std::size_t depth) {
  const auto by_key = [](const SortedRow& a, const SortedRow& b) {
    return a.entry->key() < b.entry->key();
  };
  if (rows.size() <= few_rows) return std::sort(rows.begin(), rows.end(), by_key);
  bool all_ended = true;
  for (SortedRow& row : rows) {
    row.word = word_at(row.entry->key(), depth);
    all_ended &= row.entry->key().size() <= depth;
  }
  // Keys that differ in trailing zero bytes alone.
  if (all_ended) return std::sort(rows.begin(), rows.end(), by_key);
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

}  // namespace spate
