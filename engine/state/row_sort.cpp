// Gathering what is to be sorted.
#include "engine/state/row_sort.hpp"

namespace spate {

std::vector<SortedRow> sorted(const RowGeneration& rows, bool clean_too) {
  std::vector<SortedRow> list;
  list.reserve(clean_too ? rows.count() : rows.dirty_count());
  const bool all = clean_too || rows.dirty_count() == rows.count();
  rows.each([&](const RowGeneration::Slot& slot) {
    if (all || slot.entry->dirty) list.push_back({0, slot.entry});
  });
  KeySort<RowEntry>::run(list);
  return list;
}

}  // namespace spate
