// The folds of processors and projectors, into stores that are thrown away.
#include "engine/app/log_digests.hpp"

#include <filesystem>
#include <limits>

#include "engine/app/projected_domains.hpp"
#include "engine/processor/fold.hpp"
#include "engine/projector/projector.hpp"
#include "engine/projector/rocks_views.hpp"
#include "engine/projector/view_checkpointer.hpp"
#include "engine/state/rocks_state.hpp"

namespace spate {
namespace {

constexpr std::size_t read_bytes = 1 << 20;
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max() / 4;

void remove_folder(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

/// Into the rows of `store`, which is empty.
Result<Hash128> fold_rows(Log& log, const DomainPlan& plan, PartitionId id, StateStore& store) {
  RowTableLimits limits;
  limits.undo_bytes_max = unlimited;  // every batch is durable, so it is settled at once
  RowTable rows(store, limits);
  TRY(rows.open());
  IdTable no_ids("", {});
  Fold fold(*plan.domain->handler, rows, no_ids);
  for (Sequence done;;) {
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

}  // namespace

ScratchFolder::ScratchFolder(std::string path) : path_(std::move(path)) {
  remove_folder(path_);
  std::error_code ignored;  // whoever uses it is told what is wrong
  std::filesystem::create_directories(path_, ignored);
}

ScratchFolder::~ScratchFolder() { remove_folder(path_); }

Result<std::vector<PartitionDigests>> fold_digests(Log& log, const Catalog& catalog,
                                                   const std::string& folder) {
  const Topology& topology = log.topology();
  std::error_code ignored;  // the next line tells it
  std::filesystem::create_directories(folder, ignored);
  TRY(const auto rows, RocksStateStores::open(folder + "/rows"));
  TRY(const auto store, RocksViews::open(folder + "/views", {}));
  std::vector<PartitionDigests> digests;
  for (const DomainPlace& place : topology.domains()) {
    const DomainPlan* plan = catalog.find(place.name);
    if (plan == nullptr)
      return stop("unknown_domain", "the log holds domain '" + place.name +
                                        "', which this binary does not have: use the one that "
                                        "wrote it");
    for (uint16_t index = 0; index < place.partitions; ++index) {
      const PartitionId id{place.number, index};
      const auto rows_of = rows->partition(id);
      TRY(const Hash128 digest, fold_rows(log, *plan, id, *rows_of));
      digests.push_back({id, digest, {}});
    }
  }
  ProjectedViews views(topology, projected_domains(topology, catalog), *store);
  Projector projector(log, views, topology.partitions(), {});
  TRY(projector.open());
  ViewCheckpointer checkpointer(views);
  for (Step worked = Step::worked; worked == Step::worked;) {
    worked = projector.step();
    TRY(const Step written, checkpointer.step());
    if (written == Step::worked) worked = written;
  }
  for (PartitionDigests& of : digests) {
    const std::string stopped = views.stopped(of.id);
    if (!stopped.empty()) return stop("views_stopped", stopped);
    TRY(of.views, views.digest(of.id));
  }
  return digests;
}

}  // namespace spate
