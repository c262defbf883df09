// The rows of a generation in key order.
#pragma once
#include <span>
#include <vector>

#include "engine/base/key_sort.hpp"
#include "engine/state/row_generation.hpp"

namespace spate {

using SortedRow = SortedEntry<RowEntry>;

/// Dirty rows, or all, in key order.
std::vector<SortedRow> sorted(const RowGeneration& rows, bool clean_too);

}  // namespace spate
