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
  bool whole(PartitionId partition) const override;
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
  /// Before a projector is made of them: the fold of this projection goes no further than to these
  /// outcomes, by the partition's index, and the views say why (E4).
  struct HeldBack {
    static constexpr Sequence not_this_one{~uint64_t{0}};
    std::string reason;
    std::vector<Sequence> until;
  };
  void hold_back(uint16_t domain, HeldBack held) { held_.emplace(domain, std::move(held)); }
  /// Null: it is not.
  const HeldBack* held(uint16_t domain) const;
  /// Told before and after each outcome with events is folded; null: nobody is. It outlives this.
  void watched_by(FoldWitness* witness) { witness_ = witness; }
  FoldWitness* witness() const { return witness_; }
  /// The version of what is kept as it is; null: they are of this binary's.
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
  std::map<uint16_t, HeldBack> held_;           // likewise
  FoldWitness* witness_ = nullptr;
  std::vector<std::unique_ptr<PartitionViews>> partitions_;  // by dense index
  BellList readers_, checkpointers_, projectors_;
};

}  // namespace spate
