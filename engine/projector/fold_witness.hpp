// FoldWitness: the port through which a fold leaves word of what it is about to do, in case that
// ends the process.
#pragma once
#include <optional>

#include "engine/base/ids.hpp"

namespace spate {

/// Of one generation of views. A partition is told of by one thread at a time. What it was told
/// survives the death of the process.
class FoldWitness {
 public:
  virtual ~FoldWitness() = default;
  /// The events of this outcome are folded next; then: they are.
  virtual void folding(PartitionId partition, Sequence outcome) = 0;
  virtual void folded(PartitionId partition) = 0;
  /// The outcome in whose fold the process died twice. Once may have been anything: a kill, an
  /// upgrade.
  virtual std::optional<Sequence> deadly(PartitionId partition) const = 0;
  /// Of earlier processes: up to here outcomes were folded without harm.
  virtual Sequence harmless(PartitionId partition) const = 0;
};

}  // namespace spate
