// FoldSuspects: breadcrumbs of a rebuild, in a file that survives the process (as E2 of commands).
#pragma once
#include "engine/base/topology.hpp"
#include "engine/processor/suspects.hpp"
#include "engine/projector/fold_witness.hpp"

namespace spate {

class FoldSuspects final : public FoldWitness {
 public:
  explicit FoldSuspects(const Topology& topology) : topology_(topology) {}

  /// Maps `path`, and counts a death where a crumb says that one was being folded. Fault:
  /// `breadcrumbs_unwritable`; then call `open_in_memory`.
  Result<void> open(const std::string& path, Hash128 log_id);
  /// Remembers nothing beyond this process.
  void open_in_memory();

  void begin(uint32_t generation) override { generation_ = generation; }
  void folding(PartitionId partition, Sequence outcome) override;
  void folded(PartitionId partition) override;
  bool died_of(PartitionId partition, Sequence outcome) const override;

 private:
  CommandId crumb(Sequence outcome) const { return {generation_, outcome.value}; }

  const Topology topology_;
  Suspects suspects_;
  uint64_t generation_ = 0;
};

}  // namespace spate
