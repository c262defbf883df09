// A crumb is (generation, outcome), where that of a command is its id.
#include "engine/app/fold_suspects.hpp"

namespace spate {

Result<void> FoldSuspects::open(const std::string& path, Hash128 log_id) {
  return suspects_.open(path, log_id, static_cast<uint32_t>(topology_.partitions().size()));
}

void FoldSuspects::open_in_memory() {
  suspects_.open_in_memory(static_cast<uint32_t>(topology_.partitions().size()));
}

void FoldSuspects::folding(PartitionId partition, Sequence outcome) {
  suspects_.deciding(topology_.dense_index(partition), crumb(outcome));
}

void FoldSuspects::folded(PartitionId partition) {
  suspects_.done(topology_.dense_index(partition));
}

bool FoldSuspects::died_of(PartitionId partition, Sequence outcome) const {
  return suspects_.is_suspect(topology_.dense_index(partition), crumb(outcome));
}

}  // namespace spate
