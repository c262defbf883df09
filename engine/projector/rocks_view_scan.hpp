// The views of a domain's partitions as they lie on disk, summed up.
#pragma once
#include <vector>

#include "engine/base/topology.hpp"
#include "engine/state/rocks_reading.hpp"
#include "engine/state/stored_sum.hpp"

namespace spate {

/// One for each partition that has a position: of the others nothing counts. Partitions stand last
/// in the keys, so it is one pass over all of the domain. Faults: those of reading.
Result<std::vector<StoredSum>> sums_of_views(RocksReading& store, const DomainPlace& domain,
                                             const Pace& pace);

}  // namespace spate
