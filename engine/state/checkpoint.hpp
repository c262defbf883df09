// Checkpoint: the one position at which a store of rows or views is (rules C1-C3).
#pragma once
#include <optional>

#include "engine/base/ids.hpp"
#include "engine/base/log_identity.hpp"

namespace spate {

/// Written in the same batch as the rows it speaks of. Compared with the log before it is used.
struct Checkpoint {
  LogIdentity log;
  Epoch epoch;
  Sequence sequence;            ///< every outcome up to here is folded in, none beyond
  Cause cause;                  ///< highest cause up to there
  Instant time;
  uint64_t chain = 0;           ///< the log's chain at `sequence` (C5)
  uint64_t schema_digest = 0;   ///< of the domain's rows (or views) in the schema
  uint32_t logic_version = 0;   ///< of the domain's evolve (or of its projection)
  /// HashSum of all rows (or views) there; none: what wrote them kept none.
  std::optional<Hash128> digest;
  bool operator==(const Checkpoint&) const = default;
};

}  // namespace spate
