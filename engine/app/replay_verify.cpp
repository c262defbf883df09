// Two folds that must meet: the stored state and its tail, and the whole log from its first record.
#include "engine/app/replay_verify.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/app/digests_folder.hpp"
#include "engine/app/domain_plan.hpp"
#include "engine/app/first_difference.hpp"
#include "engine/app/log_fold.hpp"
#include "engine/app/projected_domains.hpp"
#include "engine/app/recorded_digests.hpp"
#include "engine/app/rocks_generations.hpp"
#include "engine/app/schema_record.hpp"
#include "engine/base/place_text.hpp"
#include "engine/projector/routed_views.hpp"
#include "engine/projector/view_digest.hpp"
#include "engine/replay/generations.hpp"
#include "engine/state/rocks_state.hpp"
#include "engine/state/row_key.hpp"

namespace spate {
namespace {

constexpr uint64_t verify_room_bytes_min = 64 << 20;

/// A fresh fold takes about what is kept, and as much again while RocksDB compacts it.
Result<void> check_room(const std::string& data) {
  uint64_t kept = 0;
  std::error_code ignored;
  for (const char* store : {"/rows", "/views"})
    for (const auto& file : std::filesystem::recursive_directory_iterator(data + store, ignored))
      if (file.is_regular_file(ignored)) kept += file.file_size(ignored);
  const uint64_t wanted = 2 * kept + verify_room_bytes_min;
  const auto space = std::filesystem::space(data, ignored);
  if (ignored || space.available >= wanted) return {};
  return stop("storage_full", data + ": verifying takes up to " + std::to_string(wanted >> 20) +
                                  " MiB beside the data, " + std::to_string(space.available >> 20) +
                                  " are free: make room, or verify a copy elsewhere");
}

/// `stream/key` of what follows a key's head, for people.
std::string shown(std::string_view body) {
  std::string text(body);
  std::replace(text.begin(), text.end(), '\0', '/');
  if (!text.empty() && text.back() == '/') text.pop_back();
  return "'" + text + "'";
}

std::string row_text(std::string_view key) {
  const auto table = static_cast<unsigned char>(key[0]);
  const std::string name = table == stream_table   ? "the engine's row"
                           : table == parked_table ? "the parked command"
                                                   : "row " + std::to_string(table);
  return name + " of " + shown(key.substr(1));
}

std::string how_it_differs(const std::optional<EntryDifference>& difference,
                           const std::function<std::string(std::string_view)>& text) {
  if (!difference) return "";  // a digest of another order would be a fault of ours
  using Kind = EntryDifference::Kind;
  return ": the first is " + text(difference->key) +
         (difference->kind == Kind::changed     ? ", which has another content"
          : difference->kind == Kind::only_kept ? ", which the log does not have"
                                                : ", which is missing");
}

/// Partitions side by side: each thread takes the next one, and folds all of it.
class Verification {
 public:
  Verification(const std::string& data, const Catalog& catalog, Log& log)
      : data_(data), catalog_(catalog), log_(log), scratch_(data + "/replay-scratch") {}

  Result<ReplayReport> run(unsigned threads) {
    const Topology& topology = log_.topology();
    TRY(check_domains(topology, catalog_));
    TRY(open_rows());
    TRY(open_views());
    const std::vector<PartitionId> ids = topology.partitions();
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::thread> running;
    for (unsigned i = 0; i < std::min<std::size_t>(threads, ids.size()); ++i)
      running.emplace_back([&] { take_partitions(ids); });
    for (std::thread& thread : running) thread.join();
    if (fault_) return tl::unexpected(*fault_);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    report_.seconds = took.count();
    TRY(report_.audit, audit(log_, domains(), &stored_store_));
    return std::move(report_);
  }

 private:
  const DomainPlan& plan_of(PartitionId id) const {
    return spate::plan_of(catalog_, log_.topology(), id.domain);
  }
  std::string name_of(PartitionId id) const {
    return place_text(plan_of(id).name, id);
  }
  void note(const std::string& text) {
    const std::lock_guard lock(mutex_);
    report_.notes.push_back(text);
  }
  void found(const std::string& text) {
    const std::lock_guard lock(mutex_);
    report_.findings.push_back(text);
  }

  void take_partitions(const std::vector<PartitionId>& ids) {
    for (;;) {
      const std::size_t mine = next_.fetch_add(1);
      if (mine >= ids.size() || failed_) return;
      Result<void> verified = compare_rows(ids[mine]);
      if (verified) verified = compare_views(ids[mine]);
      if (verified) continue;
      const std::lock_guard lock(mutex_);
      if (!failed_.exchange(true)) fault_ = verified.error();
    }
  }

  Result<void> open_rows() {
    TRY(stored_rows_, RocksStateStores::open(data_ + "/rows"));
    TRY(fresh_rows_, RocksStateStores::open(scratch_.path() + "/rows"));
    return {};
  }

  /// Where the fold of stored rows goes on; none: nothing is stored, or the next start will not
  /// use it.
  Result<std::optional<Sequence>> stored_rows_at(PartitionId id, StateStore& store) {
    TRY(const auto at, store.checkpoint());
    const DomainPlan& plan = plan_of(id);
    if (!at) return std::optional<Sequence>{};
    if (at->log == log_.identity() && at->schema_digest == plan.row_schema_digest &&
        at->logic_version == plan.domain->handler->evolve_version)
      return std::optional(at->sequence);
    note("rows of " + name_of(id) +
         " are of another log, schema or handler: the next start folds them again");
    return std::optional<Sequence>{};
  }

  Result<void> compare_rows(PartitionId id) {
    const auto stored_store = stored_rows_->partition(id), fresh_store = fresh_rows_->partition(id);
    TRY(const std::optional<Sequence> from, stored_rows_at(id, *stored_store));
    const DomainPlan& plan = plan_of(id);
    RecordedDigests recorded(journal_of(digests_folder(data_), id), log_.identity(),
                             plan.row_schema_digest, plan.domain->handler->evolve_version);
    RowFold fresh(log_, plan, id, *fresh_store, true, &writing_rows_);
    TRY(const uint64_t outcomes,
        fresh.run({}, recorded.points(), [&](const Checkpoint& at) { recorded.meet(at); }));
    tell_recorded("rows of " + name_of(id), recorded);
    {
      const std::lock_guard lock(mutex_);
      report_.outcomes += outcomes;
      ++report_.partitions;
      report_.rows.count(outcomes, from.has_value());
    }
    if (!from) return {};
    RowFold stored(log_, plan, id, *stored_store, false);
    TRY(stored.run(*from));
    TRY(const Hash128 kept, stored.rows().digest());
    if (kept == fresh.rows().running_digest()) return {};
    TRY(const auto first, first_difference(each_of(stored.rows()), each_of(fresh.rows())));
    found("rows of " + name_of(id) + " at outcome " + std::to_string(outcomes) +
          " are not what the log says" + how_it_differs(first, row_text));
    return {};
  }

  std::string journal_of(const std::string& folder, PartitionId id) const {
    return folder + "/" + plan_of(id).name + "-" + std::to_string(id.index);
  }

  void tell_recorded(const std::string& whose, const RecordedDigests& recorded) {
    if (!recorded.note().empty()) note(recorded.note());
    if (!recorded.difference().empty()) found(whose + recorded.difference());
    const std::lock_guard lock(mutex_);
    report_.digests += recorded.agreed();
  }

  static EachEntry each_of(RowTable& rows) {
    return [&rows](const VisitEntry& visit) {
      return rows.each(
          [&](std::string_view key, Bytes value) { visit(key, as_text(value)); });
    };
  }

  Result<void> open_views() {
    const Topology& topology = log_.topology();
    const RocksViewsLimits limits;
    home_.emplace(data_ + "/views", limits, limits.write_buffer_bytes, 0);
    generations_.emplace(*home_);
    TRY(generations_->open());
    TRY(generations_->project(topology, projected_domains(topology, catalog_, data_),
                              log_.identity()));
    TRY(fresh_store_, RocksViews::open(scratch_.path() + "/views", {}));
    for (const DomainPlace& place : topology.domains()) {
      Generation& serving = generations_->serving(place);
      const ProjectionVersion* version = serving.views->kept(place.number);
      stored_store_.route(place.number, version == nullptr ? *serving.store : *fresh_store_);
      if (version == nullptr) continue;
      outdated_.push_back(place.number);
      note("views of " + place.name + " are of version " + version->text() +
           ", which this binary cannot fold: they are not compared");
    }
    stored_views_.emplace(topology, projected_domains(topology, catalog_), stored_store_);
    fresh_views_.emplace(topology, projected_domains(topology, catalog_), *fresh_store_);
    return {};
  }

  Result<void> fold_noted(ProjectedViews& views, PartitionId id, ViewWitnesses witnesses = {}) {
    TRY(const auto discarded,
        fold_views_of(log_, views, id, writing_views_, std::move(witnesses)));
    for (const std::string& text : discarded) note(text);
    return {};
  }

  Result<void> compare_views(PartitionId id) {
    const DomainPlace& place = *log_.topology().find(plan_of(id).name);
    const std::string folder = home_->journals_of(generations_->serving(place).number);
    const ProjectedDomain& domain = fresh_views_->domain(id.domain);
    RecordedDigests recorded(journal_of(folder, id), log_.identity(), domain.schema_digest,
                             domain.projection->version);
    TRY(fold_noted(*fresh_views_, id,
                   {recorded.sequences(), [&](const Checkpoint& here) {
                      recorded.meet(here);
                      return std::string();
                    }}));
    tell_recorded("views of " + name_of(id), recorded);
    if (const std::string stopped = fresh_views_->stopped(id); !stopped.empty()) {
      found("views of " + name_of(id) + ": " + stopped);
      return {};
    }
    if (std::find(outdated_.begin(), outdated_.end(), id.domain) != outdated_.end()) return {};
    TRY(const auto stored, stored_store_.checkpoint(id));
    {
      const std::lock_guard lock(mutex_);
      report_.views.count(fresh_views_->position(id).value, stored.has_value());
    }
    if (!stored) return {};
    TRY(fold_noted(*stored_views_, id));
    TRY(const Hash128 kept, stored_views_->digest(id));
    TRY(const Hash128 folded, fresh_views_->digest(id));
    if (kept == folded) return {};
    TRY(const auto first,
        first_difference(each_of(*stored_views_, id), each_of(*fresh_views_, id)));
    const auto text = [&](std::string_view key) {
      const auto view = static_cast<uint8_t>(key[2]);
      for (const ViewPlan& plan : plan_of(id).views)
        if (plan.id == view) return plan.table->wire_name + " " + shown(body_in(key));
      return "view " + std::to_string(view) + " " + shown(body_in(key));
    };
    found("views of " + name_of(id) + " at outcome " +
          std::to_string(fresh_views_->position(id).value) + " are not what the log says" +
          how_it_differs(first, text));
    return {};
  }

  static EachEntry each_of(ProjectedViews& views, PartitionId id) {
    return [&views, id](const VisitEntry& visit) {
      return each_view(views.partition(id), views.domain(id.domain).shapes.size(), visit);
    };
  }

  const std::string& data_;
  const Catalog& catalog_;
  Log& log_;
  const ScratchFolder scratch_;
  std::unique_ptr<RocksStateStores> stored_rows_, fresh_rows_;
  std::optional<RocksGenerations> home_;
  std::optional<Generations> generations_;
  std::unique_ptr<RocksViews> fresh_store_;
  RoutedViews stored_store_;
  std::optional<ProjectedViews> stored_views_, fresh_views_;
  std::vector<uint16_t> outdated_;  // domains whose views are of a version that cannot be folded
  std::mutex writing_rows_, writing_views_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;  // of what follows
  std::optional<Fault> fault_;
  ReplayReport report_;
};

}  // namespace

std::string ReplayReport::text() const {
  std::string text = audit.text();
  for (const std::string& note : notes) text += "note: " + note + "\n";
  for (const std::string& finding : findings) text += "broken: " + finding + "\n";
  const auto rate = static_cast<uint64_t>(static_cast<double>(outcomes) / std::max(seconds, 1e-9));
  text += std::to_string(partitions) + " partitions with " + std::to_string(outcomes) +
          " outcomes folded from their first record, " + std::to_string(rate) + " outcomes/s: ";
  if (!findings.empty()) return text + "rows or views differ\n";
  return text + rows.text("rows") + ", " + views.text("views") + ", " + std::to_string(digests) +
         (digests == 1 ? " recorded digest agrees\n" : " recorded digests agree\n");
}

void ReplayReport::Kept::count(uint64_t outcomes, bool is_stored) {
  if (is_stored) ++compared;
  else if (outcomes > 0) ++unstored;
}

std::string ReplayReport::Kept::text(const std::string& what) const {
  const auto partitions = [](uint64_t count) {
    return std::to_string(count) + (count == 1 ? " partition" : " partitions");
  };
  const std::string none = "no " + what + " are stored of " + partitions(unstored) + " with outcomes";
  if (compared == 0) return unstored == 0 ? "there are no " + what : none;
  return "stored " + what + " of " + partitions(compared) + " are byte for byte the same" +
         (unstored == 0 ? "" : " (" + none + ")");
}

Result<ReplayReport> verify_replay(const std::string& data, const Catalog& catalog, Log& log,
                                   unsigned threads) {
  ENSURE(threads > 0);
  TRY(check_reads_schemas(data, catalog));
  TRY(check_room(data));
  return Verification(data, catalog, log).run(threads);
}

}  // namespace spate
