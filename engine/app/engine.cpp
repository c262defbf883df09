// Assembling one server's engine: the only place that names adapters.
#include "engine/app/engine.hpp"

#include <algorithm>
#include <filesystem>

#include "engine/app/disk_reserve.hpp"
#include "engine/app/domain_plan.hpp"
#include "engine/app/held_back.hpp"
#include "engine/app/projected_domains.hpp"
#include "engine/app/ring_sizes.hpp"
#include "engine/app/schema_record.hpp"
#include "engine/app/view_schemas.hpp"
#include "engine/app/wanted_domains.hpp"
#include "engine/log/move_mark.hpp"
#include "engine/snapshots/snapshot_restore.hpp"
#include "engine/state/id_manifest.hpp"

namespace spate {
namespace {

constexpr int64_t idle_ns = 50'000'000;    // checkpoint intervals and idle marks are looked after
constexpr int64_t upkeep_rest_ns = 2'000'000;  // twice what a slice of it takes
constexpr int64_t view_periods = 10;       // of rows: each writes a table of its own
constexpr int64_t row_period_ns_max = int64_t{1} << 55;

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    return stop("directory_unwritable",
                path + ": " + error.message() + "; choose another --data or mend its permissions");
  return {};
}

}  // namespace

Engine::Engine(const Config& config, const Catalog& catalog, const Clock& clock, OnFault on_fault,
               OnNote on_note)
    : config_(config),
      catalog_(catalog),
      clock_(clock),
      on_fault_(std::move(on_fault)),
      on_note_(std::move(on_note)),
      memory_(config.memory()) {}

Engine::~Engine() = default;

void Engine::tell(const std::string& what) const {
  if (on_note_) on_note_(what);
}

Result<std::unique_ptr<Engine>> Engine::open(const Config& config, const Catalog& catalog,
                                             const Clock& clock, OnFault on_fault, OnNote on_note,
                                             std::unique_ptr<LogHome> home) {
  std::unique_ptr<Engine> engine(
      new Engine(config, catalog, clock, std::move(on_fault), std::move(on_note)));
  engine->home_ = std::move(home);
  // Before anything is made: a refused start leaves no directory with a partition count in it.
  TRY(auto wanted, wanted_domains(config, catalog));
  TRY(check_restored(config.data));
  TRY(make_directory(config.data));
  TRY(keep_disk_reserve(config.data, config.log.disk_free_bytes_min));
  const bool is_embedded = engine->home_ == nullptr;
  TRY(is_embedded ? engine->open_segment_log(std::move(wanted)) : engine->open_stores());
  for (const std::string& note : keep_view_schemas(config.data, catalog)) engine->tell(note);
  TRY(const std::string note, gate_schemas(config.data, catalog));  // nobody else has it open now
  if (!note.empty()) engine->tell(note);
  for (const char* folder : {"/ids", "/filters"}) TRY(make_directory(config.data + folder));
  TRY(engine->open_partitions());
  TRY(engine->open_projectors());
  engine->make_runners();
  engine->connect_bells();
  TRY(engine->open_rebuild());
  TRY(engine->open_cluster());
  engine->open_shipping();
  TRY(engine->open_scan());
  engine->open_compare();
  return engine;
}

Result<void> Engine::open_stores() {
  RocksStateOptions rows;
  rows.memory_bytes = memory_.block_cache_bytes / 2;
  rows.flush_bytes_max = memory_.write_buffer_bytes / 2;
  // Not the whole buffer: so many outcomes lie behind a checkpoint that a flush would follow it.
  rows.run_bytes_min = rows.flush_bytes_max / 16;
  rows.waits_for_room = rows.compacts_later = true;
  TRY(stores_, RocksStateStores::open(config_.data + "/rows", rows));
  RocksViewsLimits views;
  views.block_cache_bytes = memory_.block_cache_bytes / 2 - memory_.write_buffer_bytes / 2;
  views.write_buffer_bytes = memory_.write_buffer_bytes / 2;
  views.filter_bytes = memory_.view_filter_bytes;
  views.run_bytes_min = views.write_buffer_bytes / 4;
  views.waits_for_room = views.compacts_later = true;
  generations_home_ = std::make_unique<RocksGenerations>(
      config_.data + "/views", views, memory_.rebuild_bytes / 8, config_.log.disk_free_bytes_min);
  generations_ = std::make_unique<Generations>(*generations_home_);
  TRY(generations_->open());
  for (const std::string& note : generations_home_->notes()) tell(note);
  return {};
}

/// What the checkpoints say must be in the log: without it a missing end looks like a torn one
/// (B2).
Result<std::vector<KnownPosition>> Engine::known_positions() {
  std::vector<KnownPosition> known;
  const Result<Manifest> manifest = read_manifest(*storage_);
  if (!manifest) {
    if (manifest.error().code == "no_log") return known;
    return pass_on(Fault(manifest.error()));
  }
  const LogIdentity& log = manifest->identity;
  for (const DomainPlace& place : manifest->domains) {
    if (catalog_.find(place.name) == nullptr)
      return stop("unknown_domain", config_.data + " holds the domain '" + place.name +
                                        "', which this binary does not have: run the binary that "
                                        "has it, or use another --data");
    for (uint16_t index = 0; index < place.partitions; ++index) {
      const PartitionId id{place.number, index};
      TRY(const auto rows, stores_->partition(id)->checkpoint());
      TRY(auto checkpoints, generations_->checkpoints(id));
      if (rows) checkpoints.push_back(*rows);
      for (const Checkpoint& at : checkpoints)
        if (at.log == log) known.push_back({id, at.sequence});
      TRY(const auto ids, read_manifest(ids_folder(config_.data, place.name, index)));
      if (ids && ids->log == log) known.push_back({id, ids->covered});
    }
  }
  return known;
}

Result<void> Engine::open_segment_log(std::vector<WantedDomain> wanted) {
  TRY(storage_, PosixStorage::at(config_.data + "/log"));
  {
    TRY(const auto probe,
        storage_->lock());  // names the other process before RocksDB trips over it
  }
  TRY(check_not_moved(*storage_));
  TRY(open_stores());
  SegmentLogOptions options;
  options.domains = std::move(wanted);
  TRY(options.known, known_positions());
  options.limits.writer.undurable_bytes_max = memory_.log_queue_bytes / 2;
  options.limits.recent_bytes_max = memory_.log_queue_bytes / 2;
  options.limits.writer.mark_after_idle_ns = config_.log.mark_idle_ms * 1'000'000;
  options.limits.preparer.segment_bytes = config_.log.segment_bytes;
  options.limits.preparer.disk_free_bytes_min = config_.log.disk_free_bytes_min;
  TRY(auto log, SegmentLog::open(*storage_, clock_, std::move(options)));
  TRY(log->prepare_step());  // whether the disk is full is known before the first command
  home_ = std::make_unique<SegmentHome>(std::move(log));
  return {};
}

const DomainPlan* Engine::plan_of(PartitionId id) const {
  return find_plan(catalog_, log().topology(), id.domain);
}

Result<void> Engine::open_projectors() {
  const Topology& topology = log().topology();
  generations_->watched_by([this](uint32_t generation) { return witness_of(generation); });
  TRY(generations_->project(topology, projected_domains(topology, catalog_, config_.data),
                            log().identity()));
  views_ = std::make_unique<ServedViews>(topology);
  for (const DomainPlace& place : topology.domains())
    views_->serve(place.number, *generations_->serving(place).views);
  const auto followed = generations_->followed();
  for (const std::string& what : hold_deadly_back(followed, log(), catalog_)) tell(what);
  for (const std::string& what : hold_differing_back(followed, topology, *generations_home_))
    tell(what);
  const uint32_t threads = config_.threads.projector;
  ProjectorLimits limits;
  limits.dirty_bytes_max = memory_.dirty_views_bytes / threads;
  if (cluster() != nullptr)
    limits.common_period_ns =
        view_periods * std::min(config_.processor.checkpoint_interval_ns, row_period_ns_max);
  for (uint32_t p = 0; p < threads; ++p) {
    std::vector<std::pair<ProjectedViews*, PartitionId>> mine;
    for (const auto& [generation, id] : followed)
      if (topology.dense_index(id) % threads == p) mine.push_back({generation->views.get(), id});
    projectors_.push_back(std::make_unique<Projector>(log(), mine, limits));
    projectors_.back()->on_stop([this](const std::string& why) { tell("views stopped: " + why); });
    TRY(const auto discarded, open_patiently(*projectors_.back()));
    for (const std::string& what : discarded) tell(what);
  }
  for (Generation* generation : generations_->all())
    if (std::any_of(followed.begin(), followed.end(),
                    [&](const auto& one) { return one.first == generation; }))
      view_writers_.add(generation->writer);
  return {};
}

Result<void> Engine::open_rebuild() {
  LiveViews live{log(), *views_, {}, view_writers_, {}, {}, &rebuild_writes_};
  for (const auto& projector : projectors_) live.projectors.push_back(projector.get());
  live.connect = [this](ProjectedViews& views) { connect_views(views); };
  live.wake = [this] { wake_views(); };
  RebuildLimits limits;
  limits.projector.dirty_bytes_max = memory_.rebuild_bytes / 4 * 3;
  limits.projector.oldest_first = true;
  view_text_ = std::make_unique<CatalogViewText>(catalog_, log().topology());
  rebuild_ = std::make_unique<Rebuild>(*generations_, std::move(live), *view_text_, clock_, limits);
  TRY(rebuild_->open(config_.replay.rebuild_changed));
  tell_outdated();
  rebuild_thread_ = std::make_unique<RebuildThread>(*rebuild_, rebuild_writes_);
  return {};
}

void Engine::connect_views(ProjectedViews& views) {
  views.on_advance(&views_->bell());
  views.on_freeze(&view_runner_->bell());
  for (auto& runner : projector_runners_) views.on_written(&runner->bell());
}

void Engine::wake_views() {
  for (auto& runner : projector_runners_) runner->bell().ring();
  view_runner_->bell().ring();
}

std::vector<uint32_t> Engine::processor_of() const {
  std::vector<uint32_t> threads(log().topology().partitions().size());
  for (uint32_t dense = 0; dense < threads.size(); ++dense)
    threads[dense] = dense % config_.threads.processor;
  return threads;
}

void Engine::make_runners() {
  const auto runner = [this](const std::string& name, Runner::StepFunction step) {
    return std::make_unique<Runner>(name, idle_ns, std::move(step), on_fault_);
  };
  for (std::size_t i = 0; i < groups_.size(); ++i)
    processor_runners_.push_back(
        runner("processor-" + std::to_string(i), [this, group = groups_[i].get()]() -> Result<Step> {
          TRY(const Step step, group->step());
          home_->turn_ended();
          return step;
        }));
  checkpoint_runner_ = runner("checkpointer", [this]() -> Result<Step> {
    TRY(compact_when_started());
    TRY(const Step step, checkpointer_->step());
    if (step == Step::worked)
      for (auto& processor : processor_runners_) processor->bell().ring();
    return step;
  });
  for (std::size_t i = 0; i < projectors_.size(); ++i)
    projector_runners_.push_back(
        runner("projector-" + std::to_string(i),
               after_rows([projector = projectors_[i].get()] { return projector->step(); })));
  for (auto* runners : {&processor_runners_, &projector_runners_})
    for (auto& one : *runners) one->wake_in_turn_on_one_core();
  view_runner_ = runner("view-writer", after_rows([this] { return view_writers_.step(); }));
  view_runner_->wait_when_blocked(upkeep_rest_ns);
  for (LogHome::Worker& worker : home_->workers())
    log_runners_.push_back(runner(worker.name, std::move(worker.step)));
}

void Engine::connect_bells() {
  checkpoint_bell_.to = &checkpoint_runner_->bell();
  for (auto& edge : mailboxes_)
    for (std::size_t p = 0; p < edge.size(); ++p)
      edge[p]->processor_bell = &processor_runners_[p]->bell();
  for (uint32_t p = 0; cluster() != nullptr && p < processor_runners_.size(); ++p)
    cluster()->from_nodes(p).processor_bell = &processor_runners_[p]->bell();
  for (const PartitionId id : log().topology().partitions()) {
    const uint32_t dense = log().topology().dense_index(id);
    log().on_durable(id, &processor_runners_[dense % processor_runners_.size()]->bell());
    log().on_durable(id, &projector_runners_[dense % projector_runners_.size()]->bell());
  }
  std::vector<Bell*> log_bells;
  for (auto& runner : log_runners_) log_bells.push_back(&runner->bell());
  home_->on_work(log_bells);
  for (Generation* generation : generations_->all())
    if (!generations_->plan().rebuild ||
        generation->number != generations_->plan().rebuild->generation ||
        generations_->plan().rebuild->phase == RebuildPhase::switched)
      connect_views(*generation->views);
}

std::vector<std::vector<Mailbox*>> Engine::mailboxes() {
  std::vector<std::vector<Mailbox*>> all;
  for (auto& edge : mailboxes_) {
    all.emplace_back();
    for (auto& mailbox : edge) all.back().push_back(mailbox.get());
    if (cluster() != nullptr)
      all.back().push_back(&cluster()->to_nodes(static_cast<uint32_t>(all.size()) - 1));
  }
  return all;
}

}  // namespace spate
