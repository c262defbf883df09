// FoldSuspects: breadcrumbs of the folds of one generation of views, in a file that survives the
// process (as E2 of commands).
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

  void folding(PartitionId partition, Sequence outcome) override;
  void folded(PartitionId partition) override;
  std::optional<Sequence> deadly(PartitionId partition) const override;
  Sequence harmless(PartitionId partition) const override;

 private:
  const Topology topology_;
  Suspects suspects_;
};

}  // namespace spate
