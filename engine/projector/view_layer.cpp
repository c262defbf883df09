// Runs that double in size, so that an entry is merged a logarithmic number of times.
#include "engine/projector/view_layer.hpp"

#include <algorithm>
#include <iterator>

namespace spate {
namespace {

bool key_less(const ViewEntry* a, const ViewEntry* b) { return a->key() < b->key(); }

/// Eight bytes of the key from `at` on as a number that orders like them.
uint64_t word_at(std::string_view key, std::size_t at) {
  uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i)
    word = word << 8 | (at + i < key.size() ? static_cast<uint8_t>(key[at + i]) : 0);
  return word;
}

std::size_t common_prefix(const ViewRun& run) {
  std::string_view prefix = run.front()->key();
  for (const ViewEntry* entry : run) {
    const std::string_view key = entry->key();
    const std::size_t limit = std::min(prefix.size(), key.size());
    const auto differs = std::mismatch(prefix.begin(), prefix.begin() + limit, key.begin());
    prefix = prefix.substr(0, static_cast<std::size_t>(differs.first - prefix.begin()));
  }
  return prefix.size();
}

}  // namespace

void sort_by_key(ViewRun& run) {
  if (run.empty()) return;
  const std::size_t at = common_prefix(run);
  struct Item {
    uint64_t word;
    const ViewEntry* entry;
  };
  std::vector<Item> items;
  items.reserve(run.size());
  for (const ViewEntry* entry : run) items.push_back({word_at(entry->key(), at), entry});
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return a.word != b.word ? a.word < b.word : key_less(a.entry, b.entry);
  });
  std::transform(items.begin(), items.end(), run.begin(), [](const Item& i) { return i.entry; });
}

ViewEntry& ViewLayer::insert(std::string_view key, uint64_t hash) {
  ViewEntry& entry = map_.insert(key, hash);
  const std::string_view head = entry.key().substr(0, view_key_head_bytes);
  auto section = sections_.find(head);
  if (section == sections_.end()) section = sections_.emplace(head, Section{}).first;
  section->second.unsorted.push_back(&entry);
  return entry;
}

void ViewLayer::add_run(ViewRuns& runs, ViewRun fresh) {
  sort_by_key(fresh);
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
  if (!fresh.empty()) add_run(section->sorted, std::move(fresh));
  return section->sorted;
}

ViewRun ViewLayer::all_ordered() {
  ViewRun all;
  all.reserve(map_.count());
  std::mutex none;
  for (const auto& [head, section] : sections_) {
    // Sections are disjoint ranges in the order of their heads.
    const ViewRuns runs = ordered(head, none);
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
