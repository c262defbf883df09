// FoldWitness: the port through which a fold leaves word of what it is about to do, in case that
// ends the process.
#pragma once
#include "engine/base/ids.hpp"

namespace spate {

/// One thread. What it was told survives the death of the process.
class FoldWitness {
 public:
  virtual ~FoldWitness() = default;
  /// What follows is of this generation of views.
  virtual void begin(uint32_t generation) = 0;
  /// The events of this outcome are folded next; then: they are.
  virtual void folding(PartitionId partition, Sequence outcome) = 0;
  virtual void folded(PartitionId partition) = 0;
  /// Whether the process died twice while this generation folded exactly this outcome. Once may
  /// have been anything: a kill, an upgrade.
  virtual bool died_of(PartitionId partition, Sequence outcome) const = 0;
};

}  // namespace spate
