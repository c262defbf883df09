// ShippedList: the checkpoints of one log that lie in a depot, newest first.
#pragma once
#include <vector>

#include "engine/shipping/depot.hpp"
#include "engine/shipping/shipped_checkpoint.hpp"

namespace spate {

struct ListedCheckpoint {
  std::string object;
  int64_t taken_ms = 0;
};

/// The object's name says when it was taken, so that listing is enough to order them.
std::string checkpoint_object(const ShippedCheckpoint& checkpoint, const std::string& text);
Result<std::vector<ListedCheckpoint>> list_checkpoints(Depot& depot, const Hash128& log,
                                                       uint64_t incarnation);
/// Faults: of the depot; `checkpoint_rot`; `checkpoint_foreign`: it is of another log.
Result<ShippedCheckpoint> read_checkpoint(Depot& depot, const std::string& object,
                                          const Hash128& log, uint64_t incarnation);
/// Whether what `read_checkpoint` found will never be of use, rather than not be had just now.
bool is_of_no_use(const Fault& fault);

}  // namespace spate
