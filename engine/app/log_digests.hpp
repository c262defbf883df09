// LogDigests: what rows and views a log folds to, as digests: equal logs have equal ones.
#pragma once
#include <string>
#include <vector>

#include "engine/codec/catalog.hpp"
#include "engine/log/log.hpp"

namespace spate {

struct PartitionDigests {
  PartitionId id;
  Hash128 rows, views;
  bool operator==(const PartitionDigests&) const = default;
};

/// Folds every partition from its first outcome, in stores below `folder`, which takes about the
/// room of rows and views. Faults: `unknown_domain`, `views_stopped`, those of reading and of
/// RocksDB.
Result<std::vector<PartitionDigests>> fold_digests(Log& log, const Catalog& catalog,
                                                   const std::string& folder);

}  // namespace spate
