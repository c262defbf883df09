// Point reads, gathering over partitions, and the beginnings of lists.
#include "engine/projector/projected_views.hpp"

#include "engine/projector/view_digest.hpp"
#include "engine/projector/view_list.hpp"

namespace spate {

ProjectedViews::ProjectedViews(const Topology& topology, std::vector<ProjectedDomain> domains,
                               ViewStore& store)
    : topology_(topology), domains_(std::move(domains)), store_(store) {
  for (const DomainPlace& place : topology_.domains()) domain(place.number);
  for (const PartitionId id : topology_.partitions())
    partitions_.push_back(std::make_unique<PartitionViews>(id, store_));
}

const ProjectedDomain& ProjectedViews::domain(uint16_t number) const {
  for (const ProjectedDomain& domain : domains_)
    if (domain.number == number) return domain;
  ensure_failed("every domain of the topology is projected", __FILE__, __LINE__);
}

const ProjectionVersion* ProjectedViews::kept(uint16_t number) const {
  const auto found = kept_.find(number);
  return found == kept_.end() ? nullptr : &found->second;
}

const ProjectedViews::HeldBack* ProjectedViews::held(uint16_t number) const {
  const auto found = held_.find(number);
  return found == held_.end() ? nullptr : &found->second;
}

PartitionViews& ProjectedViews::partition(PartitionId id) const {
  return *partitions_[topology_.dense_index(id)];
}

std::vector<PartitionViews*> ProjectedViews::partitions_of(uint16_t domain) const {
  std::vector<PartitionViews*> found;
  for (const auto& partition : partitions_)
    if (partition->id().domain == domain) found.push_back(partition.get());
  return found;
}

Sequence ProjectedViews::position(PartitionId id) const { return partition(id).position(); }

bool ProjectedViews::whole(PartitionId id) const { return partition(id).whole(); }

std::string ProjectedViews::stopped(PartitionId id) const { return partition(id).stopped(); }

Result<bool> ProjectedViews::get(const ViewAddress& address, std::string& value) {
  const auto& shapes = domain(address.partition.domain).shapes;
  ENSURE(address.view < shapes.size());
  if (!is_key_text(address.stream) || !is_key_text(address.key)) return false;
  std::string key;
  view_key(address.partition, shapes[address.view].scope, {address.view, address.key},
           address.stream, key);
  return partition(address.partition).get(key, value);
}

Result<std::vector<std::string>> ProjectedViews::gather(uint16_t number, uint8_t view,
                                                        std::string_view key) {
  ENSURE(domain(number).shapes.at(view).scope == ViewScope::gathered);
  std::vector<std::string> parts;
  std::string value;
  for (PartitionViews* partition : partitions_of(number)) {
    TRY(const bool found, get({partition->id(), view, {}, key}, value));
    if (found) parts.push_back(std::move(value));
  }
  return parts;
}

Result<ListPage> ProjectedViews::list(const ListQuery& query) {
  const ViewShape shape = domain(query.domain).shapes.at(query.view);
  ENSURE(shape.scope != ViewScope::gathered);
  std::vector<PartitionViews*> partitions = partitions_of(query.domain);
  if (shape.scope == ViewScope::item) {
    const auto index = partition_of(query.stream, static_cast<uint32_t>(partitions.size()));
    partitions = {partitions[index]};
  }
  return list_views(query, shape, partitions);
}

Result<Hash128> ProjectedViews::digest(PartitionId id) const {
  return view_digest(partition(id), domain(id.domain).shapes.size());
}

}  // namespace spate
