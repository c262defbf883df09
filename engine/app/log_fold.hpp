// LogFold: what a log says, folded aside from any server: for whoever compares.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "engine/codec/catalog.hpp"
#include "engine/log/log.hpp"
#include "engine/projector/projected_views.hpp"
#include "engine/state/row_table.hpp"

namespace spate {

/// A directory that is gone when this is.
class ScratchFolder {
 public:
  explicit ScratchFolder(std::string path);
  ~ScratchFolder();
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

/// Fault: `unknown_domain`, when the log holds one that the catalog lacks.
Result<void> check_domains(const Topology& topology, const Catalog& catalog);

/// Folds the outcomes behind `from` into the rows of `store` and gives their digest. Changed rows
/// go to the store only where `may_write`.
Result<Hash128> fold_rows(Log& log, const DomainPlan& plan, PartitionId id, StateStore& store,
                          Sequence from, bool may_write);

/// Rows of one partition, folded from its outcomes on the thread of the caller.
class RowFold {
 public:
  /// Changed rows go to the store only where `may_write`; then under `writing`, if it is given.
  RowFold(Log& log, const DomainPlan& plan, PartitionId id, StateStore& store, bool may_write,
          std::mutex* writing = nullptr,
          std::size_t dirty_bytes_max = RowTableLimits().dirty_bytes_max);
  /// What the rows are at one of the outcomes asked for.
  using AtPoint = std::function<void(const Checkpoint& at)>;
  /// To the end, the outcomes behind `from`. Gives how many they were. At those that are `points`,
  /// in order, `visit` is told the chain and the digest there.
  Result<uint64_t> run(Sequence from, std::span<const DigestPoint> points = {},
                       const AtPoint& visit = {});
  RowTable& rows() { return rows_; }

 private:
  Log& log_;
  const DomainPlan& plan_;
  const PartitionId id_;
  std::mutex* const writing_;
  RowTable rows_;
};

/// Folds the outcomes of one partition into its views from where these are, to the end, and writes
/// to the store under `writing`. It meets `witnesses` on the way. Gives why stored views were
/// discarded, if they were.
Result<std::vector<std::string>> fold_views_of(Log& log, ProjectedViews& views, PartitionId id,
                                               std::mutex& writing,
                                               ViewWitnesses witnesses = {},
                                               std::size_t dirty_bytes_max = 128 << 20);

/// Folds every partition's outcomes into `views` from where these are, to the end. Gives why views
/// of the store were discarded, where they were.
Result<std::vector<std::string>> fold_views(Log& log, ProjectedViews& views);

}  // namespace spate
