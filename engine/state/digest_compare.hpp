// DigestCompare: what two nodes recorded of the same outcomes, held against each other.
#pragma once
#include <span>

#include "engine/state/digest_journal.hpp"

namespace spate {

struct ComparedPoints {
  uint64_t agreed = 0;  ///< points that both have, alike, before the first difference
  Sequence agreed_at;   ///< the last of them
  struct Difference {
    DigestPoint ours, theirs;
  };
  std::optional<Difference> difference;  ///< the first
};

/// Both in the order of the outcomes. Points that only one side has, of other code or of another
/// history are passed over: of the same outcomes (`chain`) by the same code there is one digest.
inline ComparedPoints compare_points(std::span<const DigestPoint> ours,
                                     std::span<const DigestPoint> theirs) {
  ComparedPoints compared;
  for (std::size_t i = 0, k = 0; i < ours.size() && k < theirs.size();) {
    const DigestPoint &our = ours[i], &their = theirs[k];
    i += our.sequence <= their.sequence;
    k += their.sequence <= our.sequence;
    if (our.sequence != their.sequence || our.chain != their.chain || !our.is_of_same_code(their))
      continue;
    if (our.digest != their.digest) {
      compared.difference = {our, their};
      break;
    }
    ++compared.agreed;
    compared.agreed_at = our.sequence;
  }
  return compared;
}

}  // namespace spate
