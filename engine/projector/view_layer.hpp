// ViewLayer: views of one partition changed since the last freeze, by key and in order.
#pragma once
#include <map>
#include <memory>
#include <mutex>

#include "engine/base/key_sort.hpp"
#include "engine/projector/view_map.hpp"
#include "engine/projector/view_store.hpp"

namespace spate {

/// Entries in key order.
using ViewRun = std::vector<const ViewEntry*>;
using ViewRuns = std::vector<std::shared_ptr<const ViewRun>>;

/// Memory that sorting works in. Who sorts much again and again keeps it: fresh memory is cleared.
struct ViewSortRoom {
  std::vector<SortedEntry<ViewEntry>> items, more;
};

/// Threads: the folding thread inserts and assigns under the partition's lock; readers find under
/// it. Order is made only when a list asks for it, outside that lock: keys never move or change.
class ViewLayer {
 public:
  ViewMap& map() { return map_; }
  const ViewMap& map() const { return map_; }
  /// Under the partition's lock.
  ViewEntry& insert(std::string_view key, uint64_t hash);
  std::size_t memory_bytes() const { return map_.memory_bytes() + map_.count() * sizeof(void*); }

  /// The entries of a section (see view_key.hpp) in a few sorted runs, erased ones too. Any thread;
  /// takes `lock`, which is the partition's, for a moment.
  ViewRuns ordered(std::string_view section, std::mutex& lock);
  /// Every entry in key order. Requires: nothing is inserted any more.
  ViewRun all_ordered(ViewSortRoom& room);

 private:
  struct Section {
    ViewRun unsorted;  // under the partition's lock
    ViewRuns sorted;   // under order_mutex_
  };
  ViewRuns ordered(std::string_view section, std::mutex& lock, ViewSortRoom& room);
  static void add_run(ViewRuns& runs, ViewRun fresh, ViewSortRoom& room);

  ViewMap map_;
  std::map<std::string, Section, std::less<>> sections_;  // by key head; nodes under the lock
  std::mutex order_mutex_;
};

/// Sorts by key, comparing eight bytes at a time where keys begin to differ.
void sort_by_key(ViewRun& run, ViewSortRoom& room);

}  // namespace spate
