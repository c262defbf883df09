// ProjectedViews: the views of every partition, read by any thread, folded by the projectors.
#pragma once
#include <map>
#include <memory>
#include <vector>

#include "engine/base/topology.hpp"
#include "engine/projector/bell_list.hpp"
#include "engine/projector/partition_projection.hpp"
#include "engine/projector/view_reader.hpp"

namespace spate {

class ProjectedViews final : public ViewReader {
 public:
  /// One ProjectedDomain for each domain of the topology.
  ProjectedViews(const Topology& topology, std::vector<ProjectedDomain> domains, ViewStore& store);

  Sequence position(PartitionId partition) const override;
  std::string stopped(PartitionId partition) const override;
  Result<bool> get(const ViewAddress& address, std::string& value) override;
  Result<std::vector<std::string>> gather(uint16_t domain, uint8_t view,
                                          std::string_view key) override;
  /// Faults: `cursor_invalid` when `after` is no cursor of such a list.
  Result<ListPage> list(const ListQuery& query) override;
  void on_advance(Bell* bell) override { readers_.add(bell); }

  /// Over the stored bytes in key order, whatever the history and wherever they lie. Requires: the
  /// partition is not folded meanwhile.
  Result<Hash128> digest(PartitionId partition) const;

  /// Whom a projector that froze wakes, and whom a checkpointer that wrote wakes.
  void on_freeze(Bell* bell) { checkpointers_.add(bell); }
  void on_written(Bell* bell) { projectors_.add(bell); }
  void ring() { readers_.ring(); }
  void ring_checkpointer() { checkpointers_.ring(); }
  void ring_projectors() { projectors_.ring(); }

  /// The domain's stored views are of another version of its projection and serve as they are:
  /// nothing is folded into them, for no code makes both. Before a projector is made of them.
  void keep_as_is(uint16_t domain, ProjectionVersion version) { kept_.emplace(domain, version); }
  /// That version; null: they are of this binary's.
  const ProjectionVersion* kept(uint16_t domain) const;

  const ProjectedDomain& domain(uint16_t number) const;
  PartitionViews& partition(PartitionId id) const;
  const std::vector<std::unique_ptr<PartitionViews>>& partitions() const { return partitions_; }
  ViewStore& store() { return store_; }

 private:
  std::vector<PartitionViews*> partitions_of(uint16_t domain) const;

  const Topology topology_;
  const std::vector<ProjectedDomain> domains_;
  ViewStore& store_;
  std::map<uint16_t, ProjectionVersion> kept_;  // by the domain's number
  std::vector<std::unique_ptr<PartitionViews>> partitions_;  // by dense index
  BellList readers_, checkpointers_, projectors_;
};

}  // namespace spate
