// A crumb is an outcome, where that of a command is its id.
#include "engine/app/fold_suspects.hpp"

namespace spate {
namespace {

CommandId crumb(Sequence outcome) { return {0, outcome.value}; }

}  // namespace

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

std::optional<Sequence> FoldSuspects::deadly(PartitionId partition) const {
  const auto suspect = suspects_.suspect(topology_.dense_index(partition));
  return suspect ? std::optional(Sequence{suspect->lo}) : std::nullopt;
}

Sequence FoldSuspects::harmless(PartitionId partition) const {
  const auto [last, died] = suspects_.last(topology_.dense_index(partition));
  return {died ? last.lo - 1 : last.lo};
}

}  // namespace spate
