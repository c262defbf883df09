// Two folds that must meet: the stored state and its tail, and the whole log from its first record.
#include "engine/app/replay_verify.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "engine/app/log_fold.hpp"
#include "engine/app/projected_domains.hpp"
#include "engine/app/rocks_generations.hpp"
#include "engine/app/stopped_log.hpp"
#include "engine/projector/routed_views.hpp"
#include "engine/replay/generations.hpp"
#include "engine/state/rocks_state.hpp"

namespace spate {
namespace {

constexpr uint64_t room_bytes_min = 64 << 20;

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

class Verification {
 public:
  Verification(const std::string& data, const Catalog& catalog, SegmentLog& log)
      : data_(data), catalog_(catalog), log_(log), scratch_(data + "/replay-scratch") {}

  Result<ReplayReport> run() {
    TRY(check_domains(log_.topology(), catalog_));
    TRY(compare_rows());
    TRY(compare_views());
    return std::move(report_);
  }

 private:
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

  Result<void> fold_noted(ProjectedViews& views) {
    TRY(const auto discarded, fold_views(log_, views));
    for (const std::string& note : discarded) report_.notes.push_back(note);
    return {};
  }

  Result<void> compare_views() {
    const Topology& topology = log_.topology();
    const RocksViewsLimits limits;
    RocksGenerations home(data_ + "/views", limits, limits.write_buffer_bytes, 0);
    Generations generations(home);
    TRY(generations.open());
    TRY(generations.project(topology, projected_domains(topology, catalog_, data_),
                            log_.identity()));
    TRY(const auto fresh_store, RocksViews::open(scratch_.path() + "/views", {}));
    RoutedViews stored_store;
    std::vector<uint16_t> outdated;  // of a version that this binary cannot fold
    for (const DomainPlace& place : topology.domains()) {
      Generation& serving = generations.serving(place);
      const ProjectionVersion* version = serving.views->kept(place.number);
      stored_store.route(place.number, version == nullptr ? *serving.store : *fresh_store);
      if (version == nullptr) continue;
      outdated.push_back(place.number);
      report_.notes.push_back("views of " + place.name + " are of version " + version->text() +
                              ", which this binary cannot fold: they are not compared");
    }
    ProjectedViews stored(topology, projected_domains(topology, catalog_), stored_store);
    ProjectedViews fresh(topology, projected_domains(topology, catalog_), *fresh_store);
    TRY(fold_noted(fresh));
    TRY(fold_noted(stored));
    for (const PartitionId id : topology.partitions()) {
      if (std::find(outdated.begin(), outdated.end(), id.domain) != outdated.end()) continue;
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
  const ScratchFolder scratch_;
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
