// RoutedViews: the stores that serve each domain as one store, for who reads a stopped directory.
#pragma once
#include <algorithm>
#include <map>
#include <vector>

#include "engine/projector/view_store.hpp"

namespace spate {

/// The stores outlive it. Requires: every domain asked for has one.
class RoutedViews final : public ViewStore {
 public:
  void route(uint16_t domain, ViewStore& store) { stores_[domain] = &store; }

  Result<std::optional<Checkpoint>> checkpoint(PartitionId partition) override {
    return of(partition.domain).checkpoint(partition);
  }
  Result<bool> get(std::string_view key, std::string& value) override {
    return of(partition_in(key).domain).get(key, value);
  }
  /// Requires: a range within one domain.
  std::unique_ptr<ViewCursor> scan(const KeyRange& range) override {
    return of(domain_in(range.from)).scan(range);
  }
  /// Not of several stores at once: nobody needs it.
  std::unique_ptr<ViewSnapshot> snapshot() override {
    ensure_failed("a snapshot is of one store", __FILE__, __LINE__);
  }
  Result<void> write(PartitionId partition, std::span<const ViewWrite> views,
                     const Checkpoint& at) override {
    return of(partition.domain).write(partition, views, at);
  }
  Result<void> flush() override {
    for (ViewStore* store : distinct()) TRY(store->flush());
    return {};
  }
  Result<void> clear(PartitionId partition) override {
    return of(partition.domain).clear(partition);
  }
  Result<Step> tend() override {
    Step all = Step::idle;
    for (ViewStore* store : distinct()) {
      TRY(const Step step, store->tend());
      if (step == Step::worked) all = step;
    }
    return all;
  }

 private:
  static uint16_t domain_in(std::string_view key) {
    return static_cast<uint16_t>(static_cast<uint8_t>(key[0]) << 8 | static_cast<uint8_t>(key[1]));
  }
  ViewStore& of(uint16_t domain) const { return *stores_.at(domain); }
  std::vector<ViewStore*> distinct() const {
    std::vector<ViewStore*> all;
    for (const auto& [domain, store] : stores_)
      if (std::find(all.begin(), all.end(), store) == all.end()) all.push_back(store);
    return all;
  }

  std::map<uint16_t, ViewStore*> stores_;
};

}  // namespace spate
