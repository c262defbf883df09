// MergedViews: walks a range of one section in key order through the layers of several partitions.
#pragma once
#include "engine/projector/partition_views.hpp"

namespace spate {

/// Sees at least what was visible when it was made. Holds no lock between calls. One thread.
class MergedViews {
 public:
  /// `range` lies within one section; all partitions share one store.
  MergedViews(const std::vector<PartitionViews*>& partitions, KeyRange range);

  /// Goes to the next key, the first at the first call; false at the end, or `status` is a fault.
  bool next();
  std::string_view key() const { return key_; }
  /// A copy of the value here; false when the view is erased.
  bool value(std::string& out) const;
  Result<void> status() const { return stored_->status(); }

 private:
  struct Source {  // one run of one layer
    const ViewEntry* const* at;
    const ViewEntry* const* end;
    const PartitionViews* partition;
    int layer;  // 0 active, 1 frozen: on equal keys the lower one counts
    std::string_view key() const { return (*at)->key(); }
  };
  static bool later(const Source& a, const Source& b);
  void add(PartitionViews& partition, const std::shared_ptr<ViewLayer>& changed, int layer);
  void take_smallest(std::string_view smallest);

  const KeyRange range_;
  std::vector<std::shared_ptr<ViewLayer>> held_;
  std::vector<std::shared_ptr<const ViewRun>> runs_;
  std::vector<Source> sources_;  // a heap, the smallest key in front
  std::unique_ptr<ViewCursor> stored_;
  std::string key_;
  const ViewEntry* entry_ = nullptr;  // null: the store's value
  const PartitionViews* partition_ = nullptr;
  std::string stored_value_;
};

}  // namespace spate
