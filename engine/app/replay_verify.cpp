// Two folds that must meet: the stored state and its tail, and the whole log from its first record.
#include "engine/app/replay_verify.hpp"

#include <filesystem>
#include <limits>

#include "engine/app/projected_domains.hpp"
#include "engine/app/rocks_generations.hpp"
#include "engine/app/stopped_log.hpp"
#include "engine/processor/fold.hpp"
#include "engine/projector/routed_views.hpp"
#include "engine/projector/projector.hpp"
#include "engine/replay/generations.hpp"
#include "engine/state/rocks_state.hpp"

namespace spate {
namespace {

constexpr std::size_t read_bytes = 1 << 20;
constexpr uint64_t room_bytes_min = 64 << 20;
constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max() / 4;

/// A directory that is gone when this is.
class Scratch {
 public:
  explicit Scratch(std::string path) : path_(std::move(path)) {
    remove();
    std::error_code ignored;  // whoever uses it is told what is wrong
    std::filesystem::create_directories(path_, ignored);
  }
  ~Scratch() { remove(); }
  const std::string& path() const { return path_; }

 private:
  void remove() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string path_;
};

/// A fresh fold takes about what is kept, and as much again while RocksDB compacts it.
Result<void> check_room(const std::string& data) {
  uint64_t kept = 0;
  std::error_code ignored;
  for (const char* store : {"/rows", "/views"})
    for (const auto& file : std::filesystem::recursive_directory_iterator(data + store, ignored))
      if (file.is_regular_file(ignored)) kept += file.file_size(ignored);
  const uint64_t wanted = 2 * kept + room_bytes_min;
  const auto space = std::filesystem::space(data, ignored);
  if (ignored || space.available >= wanted) return {};
  return stop("storage_full", data + ": verifying takes up to " + std::to_string(wanted >> 20) +
                                  " MiB beside the data, " + std::to_string(space.available >> 20) +
                                  " are free: make room, or verify a copy elsewhere");
}

/// Folds the outcomes behind `from` into the rows of `store` and gives their digest. Changed rows
/// go to the store only where `may_write`.
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

class Verification {
 public:
  Verification(const std::string& data, const Catalog& catalog, SegmentLog& log)
      : data_(data), catalog_(catalog), log_(log), scratch_(data + "/replay-scratch") {}

  Result<ReplayReport> run() {
    TRY(check_domains());
    TRY(compare_rows());
    TRY(compare_views());
    return std::move(report_);
  }

 private:
  Result<void> check_domains() {
    for (const DomainPlace& place : log_.topology().domains())
      if (catalog_.find(place.name) == nullptr)
        return stop("unknown_domain", "the log holds domain '" + place.name +
                                          "', which this binary does not have: use the one that "
                                          "wrote it");
    return {};
  }

  const DomainPlan& plan_of(PartitionId id) const {
    for (const DomainPlace& place : log_.topology().domains())
      if (place.number == id.domain) return *catalog_.find(place.name);
    ensure_failed("partition belongs to this topology", __FILE__, __LINE__);
  }
  std::string name_of(PartitionId id) const {
    return plan_of(id).name + "/" + std::to_string(id.index);
  }

  /// Where the fold of stored rows goes on; 0 when the next start will not use them.
  Result<Sequence> stored_rows_at(PartitionId id, StateStore& store) {
    TRY(const auto at, store.checkpoint());
    const DomainPlan& plan = plan_of(id);
    if (!at) return Sequence{};
    if (at->log_id == log_.identity().id && at->schema_digest == plan.row_schema_digest &&
        at->logic_version == plan.domain->handler->evolve_version)
      return at->sequence;
    report_.notes.push_back("rows of " + name_of(id) +
                            " are of another log, schema or handler: the next start folds them again");
    return Sequence{std::numeric_limits<uint64_t>::max()};
  }

  Result<void> compare_rows() {
    TRY(const auto stored, RocksStateStores::open(data_ + "/rows"));
    TRY(const auto fresh, RocksStateStores::open(scratch_.path() + "/rows"));
    for (const PartitionId id : log_.topology().partitions()) {
      const auto stored_store = stored->partition(id), fresh_store = fresh->partition(id);
      TRY(const Sequence from, stored_rows_at(id, *stored_store));
      if (from.value == std::numeric_limits<uint64_t>::max()) continue;
      TRY(const Hash128 kept, fold_rows(log_, plan_of(id), id, *stored_store, from, false));
      TRY(const Hash128 folded, fold_rows(log_, plan_of(id), id, *fresh_store, {}, true));
      if (kept != folded)
        report_.findings.push_back("rows of " + name_of(id) + " are not what the log says");
      ++report_.partitions;
    }
    return {};
  }

  Result<void> fold_views(ProjectedViews& views, ProjectorLimits limits) {
    Projector projector(log_, views, log_.topology().partitions(), limits);
    TRY(const auto discarded, projector.open());
    for (const std::string& note : discarded) report_.notes.push_back(note);
    ViewCheckpointer checkpointer(views);
    for (;;) {
      const Step folded = projector.step();
      TRY(const Step written, checkpointer.step());
      if (folded != Step::worked && written != Step::worked) return {};
    }
  }

  Result<void> compare_views() {
    const Topology& topology = log_.topology();
    const RocksViewsLimits limits;
    RocksGenerations home(data_ + "/views", limits, limits.write_buffer_bytes, 0);
    Generations generations(home);
    TRY(generations.open());
    TRY(generations.project(topology, projected_domains(topology, catalog_)));
    RoutedViews stored_store;
    for (const DomainPlace& place : topology.domains())
      stored_store.route(place.number, *generations.serving(place).store);
    TRY(const auto fresh_store, RocksViews::open(scratch_.path() + "/views", {}));
    ProjectedViews stored(topology, projected_domains(topology, catalog_), stored_store);
    ProjectedViews fresh(topology, projected_domains(topology, catalog_), *fresh_store);
    TRY(fold_views(stored, {}));
    TRY(fold_views(fresh, {}));
    for (const PartitionId id : topology.partitions()) {
      TRY(const Hash128 kept, stored.digest(id));
      TRY(const Hash128 folded, fresh.digest(id));
      const std::string stopped = fresh.stopped(id);
      if (!stopped.empty()) report_.findings.push_back("views of " + name_of(id) + ": " + stopped);
      else if (kept != folded)
        report_.findings.push_back("views of " + name_of(id) + " are not what the log says");
    }
    TRY(report_.audit, audit(log_, domains(), &stored_store));
    return {};
  }

  const std::string& data_;
  const Catalog& catalog_;
  SegmentLog& log_;
  const Scratch scratch_;
  ReplayReport report_;
};

}  // namespace

std::string ReplayReport::text() const {
  std::string text = audit.text();
  for (const std::string& note : notes) text += "note: " + note + "\n";
  for (const std::string& finding : findings) text += "broken: " + finding + "\n";
  text += std::to_string(partitions) + " partitions folded from their first record: rows and views ";
  return text + (findings.empty() ? "are byte for byte what the directory keeps\n" : "differ\n");
}

Result<ReplayReport> verify_replay(const std::string& data, const Catalog& catalog) {
  TRY(const auto opened, StoppedLog::open(data));
  TRY(check_room(data));
  return Verification(data, catalog, opened->log()).run();
}

}  // namespace spate
