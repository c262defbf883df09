// What projectors know of each domain of a log, from the catalog.
#pragma once
#include <vector>

#include "engine/codec/catalog.hpp"
#include "engine/projector/partition_projection.hpp"

namespace spate {

/// Requires: the catalog knows every domain of the topology.
std::vector<ProjectedDomain> projected_domains(const Topology& topology, const Catalog& catalog);
/// With what may be read of views that lie in a data directory.
std::vector<ProjectedDomain> projected_domains(const Topology& topology, const Catalog& catalog,
                                               const std::string& data);

}  // namespace spate
