// The rows of a partition as they lie on disk, summed up.
#pragma once
#include "engine/state/rocks_reading.hpp"
#include "engine/state/stored_sum.hpp"

namespace spate {

/// None: no rows of it are stored. Faults: those of reading; `rows_rot`: its checkpoint is damaged.
Result<std::optional<StoredSum>> sum_of_rows(RocksReading& store, PartitionId partition,
                                             const Pace& pace);

}  // namespace spate
