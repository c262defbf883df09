// Sorting rows by key: eight bytes of the key at a time beside the pointer, so few keys are read.
#pragma once
#include <span>
#include <vector>

#include "engine/state/row_generation.hpp"

namespace spate {

struct SortedRow {
  uint64_t word;  ///< the eight bytes of the key that are being compared, big-endian
  const RowEntry* entry;
};

/// By the bytes of the keys (multikey quicksort: Bentley and Sedgewick, 1997, by words).
void sort_by_key(std::span<SortedRow> rows);
/// Dirty rows, or all, in key order.
std::vector<SortedRow> sorted(const RowGeneration& rows, bool clean_too);

}  // namespace spate
