// The folds of processors and projectors, on the thread of the caller.
#include "engine/app/log_fold.hpp"

#include <filesystem>
#include <limits>

#include "engine/processor/fold.hpp"
#include "engine/projector/projector.hpp"
#include "engine/projector/view_checkpointer.hpp"

namespace spate {
namespace {

constexpr std::size_t read_bytes = 1 << 20;
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max() / 4;

void remove_folder(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

}  // namespace

ScratchFolder::ScratchFolder(std::string path) : path_(std::move(path)) {
  remove_folder(path_);
  std::error_code ignored;  // whoever uses it is told what is wrong
  std::filesystem::create_directories(path_, ignored);
}

ScratchFolder::~ScratchFolder() { remove_folder(path_); }

Result<void> check_domains(const Topology& topology, const Catalog& catalog) {
  for (const DomainPlace& place : topology.domains())
    if (catalog.find(place.name) == nullptr)
      return stop("unknown_domain", "the log holds domain '" + place.name +
                                        "', which this binary does not have: use the one that "
                                        "wrote it");
  return {};
}

Result<Hash128> fold_rows(Log& log, const DomainPlan& plan, PartitionId id, StateStore& store,
                          Sequence from, bool may_write) {
  RowTableLimits limits;
  if (!may_write) limits.dirty_bytes_max = unlimited;
  limits.undo_bytes_max = unlimited;  // every batch is durable, so it is settled at once
  RowTable rows(store, limits);
  TRY(rows.open());
  IdTable no_ids("", {});
  Fold fold(*plan.domain->handler, rows, no_ids);
  for (Sequence done = from;;) {
    TRY(const BatchPtr batch, log.read(LogSide::outcomes, id, done.value + 1, read_bytes));
    if (batch == nullptr || batch->last() <= done.value) break;
    TRY(fold.replay(*batch, done, {std::numeric_limits<uint64_t>::max()}));
    done = {batch->last()};
    rows.settle(done);
    if (!rows.wants_freeze()) continue;
    Checkpoint at;
    at.sequence = done;
    rows.freeze(at);
    TRY(rows.write_frozen());
    rows.finish_frozen();
  }
  return rows.digest();
}

Result<std::vector<std::string>> fold_views(Log& log, ProjectedViews& views) {
  Projector projector(log, views, log.topology().partitions(), {});
  TRY(auto discarded, projector.open());
  ViewCheckpointer checkpointer(views);
  for (;;) {
    const Step folded = projector.step();
    TRY(const Step written, checkpointer.step());
    if (folded != Step::worked && written != Step::worked) return discarded;
  }
}

}  // namespace spate
