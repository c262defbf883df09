// The digest of a partition's views: the same for the same outcomes, whatever lies in which layer.
#pragma once
#include "engine/base/hash.hpp"
#include "engine/projector/partition_views.hpp"

namespace spate {

/// Over keys and stored bytes in key order. Requires: nothing is folded meanwhile.
Result<Hash128> view_digest(PartitionViews& partition, std::size_t views);

}  // namespace spate
