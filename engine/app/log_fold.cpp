// The folds of processors and projectors, on the thread of the caller.
#include "engine/app/log_fold.hpp"

#include <filesystem>
#include <limits>

#include "engine/log/log_piece.hpp"
#include "engine/processor/fold.hpp"
#include "engine/projector/projector.hpp"
#include "engine/projector/view_checkpointer.hpp"

namespace spate {
namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max() / 4;

RowTableLimits limits_of(bool may_write, std::size_t dirty_bytes_max) {
  RowTableLimits limits;
  limits.clean_bytes_max = dirty_bytes_max;
  limits.dirty_bytes_max = may_write ? dirty_bytes_max : unlimited;
  limits.undo_bytes_max = unlimited;  // every batch is durable, so it is settled at once
  return limits;
}

void remove_scratch(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

}  // namespace

ScratchFolder::ScratchFolder(std::string path) : path_(std::move(path)) {
  remove_scratch(path_);
  std::error_code ignored;  // whoever uses it is told what is wrong
  std::filesystem::create_directories(path_, ignored);
}

ScratchFolder::~ScratchFolder() { remove_scratch(path_); }

Result<void> check_domains(const Topology& topology, const Catalog& catalog) {
  for (const DomainPlace& place : topology.domains())
    if (catalog.find(place.name) == nullptr)
      return stop("unknown_domain", "the log holds domain '" + place.name +
                                        "', which this binary does not have: use the one that "
                                        "wrote it");
  return {};
}

RowFold::RowFold(Log& log, const DomainPlan& plan, PartitionId id, StateStore& store,
                 bool may_write, std::mutex* writing, std::size_t dirty_bytes_max)
    : log_(log),
      plan_(plan),
      id_(id),
      writing_(writing),
      rows_(store, limits_of(may_write, dirty_bytes_max)) {}

Result<uint64_t> RowFold::run(Sequence from, std::span<const DigestPoint> points,
                              const AtPoint& visit) {
  TRY(rows_.open());
  IdTable no_ids("", {});
  Fold fold(*plan_.domain->handler, rows_, no_ids);
  Sequence done = from;
  for (;;) {
    TRY(const BatchPtr batch, log_.read(LogSide::outcomes, id_, done.value + 1, log_piece_bytes));
    if (batch == nullptr || batch->last() <= done.value) return done.value - from.value;
    const Sequence last{batch->last()};
    const Sequence until = points.empty() ? last : std::min(last, points.front().sequence);
    TRY(fold.replay(*batch, done, {std::numeric_limits<uint64_t>::max()}, until));
    done = until;
    rows_.settle(done);
    if (!points.empty() && done == points.front().sequence) {
      Checkpoint here;
      here.sequence = done;
      here.chain = fold.chain_at(done).value_or(0);
      here.digest = rows_.running_digest();
      visit(here);
      points = points.subspan(1);
    }
    if (!rows_.wants_freeze()) continue;
    Checkpoint at;
    at.sequence = done;
    rows_.freeze(at);
    std::unique_lock<std::mutex> lock;
    if (writing_ != nullptr) lock = std::unique_lock(*writing_);
    TRY(rows_.write_frozen());
    rows_.finish_frozen();
  }
}

Result<Hash128> fold_rows(Log& log, const DomainPlan& plan, PartitionId id, StateStore& store,
                          Sequence from, bool may_write) {
  RowFold fold(log, plan, id, store, may_write);
  TRY(fold.run(from));
  return fold.rows().digest();
}

Result<std::vector<std::string>> fold_views_of(Log& log, ProjectedViews& views, PartitionId id,
                                               std::mutex& writing, ViewWitnesses witnesses,
                                               std::size_t dirty_bytes_max) {
  Projector projector(log, views, {id}, {.dirty_bytes_max = dirty_bytes_max});
  PartitionViews& partition = views.partition(id);
  if (witnesses.meet) partition.sum().call(std::move(witnesses));
  TRY(auto discarded, projector.open());
  for (;;) {
    const bool folded = projector.step() == Step::worked;
    if (!partition.wants_write()) {
      if (!folded) return discarded;
      continue;
    }
    const std::lock_guard lock(writing);
    TRY(partition.write_frozen());
  }
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
