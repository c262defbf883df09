// Runs that double in size, so that an entry is merged a logarithmic number of times.
#include "engine/projector/view_layer.hpp"

#include <algorithm>
#include <iterator>

namespace spate {
namespace {

bool key_less(const ViewEntry* a, const ViewEntry* b) { return a->key() < b->key(); }

}  // namespace

void sort_by_key(ViewRun& run, ViewSortRoom& room) {
  auto& items = room.items;
  items.clear();
  items.reserve(run.size());
  for (const ViewEntry* entry : run) items.push_back({0, entry});
  KeySort<ViewEntry>::run(items, room.more);
  std::transform(items.begin(), items.end(), run.begin(), [](const auto& i) { return i.entry; });
}

ViewEntry& ViewLayer::insert(std::string_view key, uint64_t hash) {
  ViewEntry& entry = map_.insert(key, hash);
  const std::string_view head = entry.key().substr(0, view_key_head_bytes);
  auto section = sections_.find(head);
  if (section == sections_.end()) section = sections_.emplace(head, Section{}).first;
  section->second.unsorted.push_back(&entry);
  return entry;
}

void ViewLayer::add_run(ViewRuns& runs, ViewRun fresh, ViewSortRoom& room) {
  sort_by_key(fresh, room);
  while (!runs.empty() && runs.back()->size() <= fresh.size() * 2) {
    ViewRun merged;
    merged.reserve(runs.back()->size() + fresh.size());
    std::merge(runs.back()->begin(), runs.back()->end(), fresh.begin(), fresh.end(),
               std::back_inserter(merged), key_less);
    fresh = std::move(merged);
    runs.pop_back();
  }
  runs.push_back(std::make_shared<const ViewRun>(std::move(fresh)));
}

ViewRuns ViewLayer::ordered(std::string_view head, std::mutex& lock) {
  ViewSortRoom room;
  return ordered(head, lock, room);
}

ViewRuns ViewLayer::ordered(std::string_view head, std::mutex& lock, ViewSortRoom& room) {
  std::lock_guard order(order_mutex_);
  Section* section = nullptr;
  ViewRun fresh;
  {
    std::lock_guard moment(lock);
    const auto found = sections_.find(head);
    if (found == sections_.end()) return {};
    section = &found->second;
    fresh.swap(section->unsorted);
  }
  if (!fresh.empty()) add_run(section->sorted, std::move(fresh), room);
  return section->sorted;
}

ViewRun ViewLayer::all_ordered(ViewSortRoom& room) {
  ViewRun all;
  all.reserve(map_.count());
  std::mutex none;
  for (const auto& [head, section] : sections_) {
    // Sections are disjoint ranges in the order of their heads.
    const ViewRuns runs = ordered(head, none, room);
    const auto begin = static_cast<std::ptrdiff_t>(all.size());
    for (const auto& run : runs) {
      const auto middle = static_cast<std::ptrdiff_t>(all.size());
      all.insert(all.end(), run->begin(), run->end());
      std::inplace_merge(all.begin() + begin, all.begin() + middle, all.end(), key_less);
    }
  }
  return all;
}

}  // namespace spate
