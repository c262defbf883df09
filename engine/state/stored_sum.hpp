// StoredSum: what is stored of a partition, beside what was recorded of it when it was written.
#pragma once
#include "engine/base/ids.hpp"
#include "engine/state/checkpoint.hpp"

namespace spate {

struct StoredSum {
  PartitionId partition;
  Checkpoint at;       ///< its digest was recorded; none: what wrote it kept none
  Hash128 found;       ///< HashSum of what is there
  bool differs() const { return at.digest && *at.digest != found; }
};

}  // namespace spate
