// StagedViews: where outcomes are folded aside, so that each becomes visible whole or not at all.
#pragma once
#include <optional>
#include <span>
#include <string>

#include "engine/projector/partition_views.hpp"

namespace spate {

/// What a projection sees: its own staged changes over the partition's views. One thread.
class StagedViews final : public ViewAccess {
 public:
  /// `shapes` by the view's id.
  StagedViews(PartitionViews& views, std::span<const ViewShape> shapes)
      : views_(views), shapes_(shapes), met_(shapes.size()) {}

  /// The views that an event of this stream names are on their way to the cache.
  void prefetch(std::string_view stream, ProjectionTable::Name name, Bytes payload);

  /// Changes from here on belong to an outcome of this stream.
  void begin(std::string_view stream, Instant at);

  Bytes find(ViewName name) override;
  uint8_t* edit(ViewName name) override;
  void put(ViewName name, Bytes value) override;
  void erase(ViewName name) override;

  std::span<ViewEntry* const> changes() const { return changes_; }
  /// What the changed views were at the last freeze, as far as they had not changed since.
  HashSum left() const { return left_; }
  std::size_t bytes() const { return map_.taken_bytes(); }
  void clear();
  /// Why the store could not be read, when that broke a `find`.
  const std::optional<Fault>& fault() const { return fault_; }

 private:
  ViewEntry& entry(ViewName name);
  bool is_met(const ViewEntry* met, ViewScope scope, ViewName name) const;
  ViewEntry& entry_of_key(std::string_view key);
  void load(ViewEntry& entry);
  void change(ViewEntry& entry);
  ViewShape shape(ViewName name) const;

  PartitionViews& views_;
  const std::span<const ViewShape> shapes_;
  std::string_view stream_;
  Instant at_;
  ViewMap map_;
  std::vector<ViewEntry*> changes_;
  HashSum left_;
  std::vector<ViewEntry*> met_;  // by the view's id: what was looked up last
  std::vector<ViewName> names_;  // scratch of prefetch
  std::string key_;
  std::string loaded_;
  std::optional<Fault> fault_;
};

}  // namespace spate
