// LogIdentity: which log something was made from.
#pragma once
#include "engine/base/hash.hpp"

namespace spate {

/// Which log this is. A checkpoint or a token of another one is never used (A5, C2).
struct LogIdentity {
  Hash128 id;
  uint64_t incarnation = 0;
  bool operator==(const LogIdentity&) const = default;
};

}  // namespace spate
