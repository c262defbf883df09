// Projectors, stores, writers and the rebuild of one process of the simulation.
#include "tests/simulation/world_views.hpp"

#include <algorithm>

#include "engine/api/domain.hpp"
#include "engine/app/catalog_view_text.hpp"
#include "engine/app/projected_domains.hpp"
#include "engine/codec/catalog.hpp"
#include "tests/simulation/shipped_stores.hpp"

namespace spate {
namespace {

constexpr std::size_t projectors_count = 2;

const Catalog& catalog() {
  static const auto loaded = Catalog::load(domains());
  ENSURE(loaded.has_value());
  return **loaded;
}

std::vector<ProjectedDomain> projected(const Topology& topology) {
  return projected_domains(topology, catalog());
}

}  // namespace

Result<void> WorldViews::start(Log& log, SeededRandom& random) {
  const Topology& topology = log.topology();
  end();  // a start that the log put off is made again
  generations_ = std::make_unique<Generations>(home_);
  TRY(generations_->open());
  TRY(generations_->project(topology, projected(topology), log.identity()));
  served_ = std::make_unique<ServedViews>(topology);
  for (const DomainPlace& place : topology.domains())
    served_->serve(place.number, *generations_->serving(place).views);
  ProjectorLimits limits;
  limits.unfrozen_outcomes_max = 1 + random.below(40);
  writers_ = std::make_unique<ViewWriters>();
  std::vector<std::vector<std::pair<ProjectedViews*, PartitionId>>> shares(projectors_count);
  std::vector<Generation*> written;
  for (const auto& [generation, id] : generations_->followed()) {
    shares[topology.dense_index(id) % projectors_count].push_back({generation->views.get(), id});
    if (std::find(written.begin(), written.end(), generation) == written.end())
      written.push_back(generation);
  }
  for (Generation* generation : written) writers_->add(generation->writer);
  LiveViews live{log, *served_, {}, *writers_, [](ProjectedViews&) {}, [] {}};
  for (const auto& share : shares) {
    projectors_.push_back(std::make_unique<Projector>(log, share, limits));
    TRY(const auto discarded, projectors_.back()->open());
    for (const std::string& what : discarded) discarded_ += what + "\n";
    live.projectors.push_back(projectors_.back().get());
  }
  RebuildLimits rebuild;
  rebuild.projector.unfrozen_outcomes_max = 1 + random.below(40);
  rebuild.near_outcomes_max = random.below(50);
  rebuild.compare_views = 1 + random.below(20);
  text_ = std::make_unique<CatalogViewText>(catalog(), topology);
  rebuild_ = std::make_unique<Rebuild>(*generations_, std::move(live), *text_, clock_, rebuild);
  TRY(rebuild_->open());
  served_by_ = &served_->of(topology.domains().front().number);
  return {};
}

Result<void> WorldViews::step(SeededRandom& random) {
  for (uint64_t turns = 1 + random.below(3); turns > 0; --turns) {
    TRY(turn(random));
    look();
  }
  return {};
}

Result<void> WorldViews::turn(SeededRandom& random) {
  home_.plan_failure = is_powered_() ? "" : "the power is off";
  switch (random.below(6)) {
    case 0:
    case 1:
      (void)projectors_[random.below(projectors_count)]->step();
      break;
    case 2:
      TRY(writers_->step());
      break;
    case 3:
      if (!random.one_in(4)) break;
      for (Generation* generation : generations_->all()) TRY(generation->store->flush());
      break;
    default:
      if (!settling_ && random.one_in(20)) order(random);
      (void)rebuild_->step();
  }
  return {};
}

/// Most mean nothing at the stage there is, and are refused.
void WorldViews::order(SeededRandom& random) {
  const std::string& projection = generations_->topology().domains().front().name;
  if (random.one_in(2)) {
    (void)rebuild_->ask(
        RebuildWish{.projections = {projection},
                    .expect = random.one_in(2) ? RebuildWish::Expect::same
                                               : RebuildWish::Expect::nothing,
                    .hold = random.one_in(4)});
  } else {
    (void)rebuild_->ask(static_cast<RebuildOrder>(random.below(6)));
  }
}

/// What holds after every step: readers never step back, and a replay of one log by one binary
/// never differs and never fails.
void WorldViews::look() {
  for (const PartitionId id : generations_->topology().partitions()) {
    const Sequence now = served_->position(id);
    if (now < shown_[id])
      broken_ = "views stepped back from outcome " + std::to_string(shown_[id].value) + " to " +
                std::to_string(now.value);
    shown_[id] = now;
  }
  ProjectedViews* by = &served_->of(generations_->topology().domains().front().number);
  moves_ += by != served_by_;
  served_by_ = by;
  const RebuildStatus status = rebuild_->status();
  if (status.stage == RebuildStage::failed && is_powered_()) broken_ = "a rebuild failed: " + status.reason;
  if (status.report && !status.report->is_same())
    broken_ = "the generations differ: " + status.report->unexpected({});
}

bool WorldViews::is_settled() const {
  const RebuildStatus status = rebuild_->status();
  return status.paused || status.stage == RebuildStage::none ||
         status.stage == RebuildStage::ready || status.stage == RebuildStage::switched;
}

void WorldViews::end() {
  rebuild_.reset();
  projectors_.clear();
  writers_.reset();
  served_.reset();
  generations_.reset();
  shown_.clear();
}

void WorldViews::crash(SeededRandom& random) {
  end();
  home_.crash([&](std::size_t unflushed) { return random.below(unflushed + 1); });
}

Result<void> WorldViews::put(const std::string& folder, ShippedPartition& partition) {
  const Generations::Serving serving = generations_->serving();
  TRY(const std::string text, text_of_views(*serving.of(partition.domain).store, partition.id));
  TRY(const auto at, serving.of(partition.domain).store->checkpoint(partition.id));
  if (at) partition.views = at->sequence;
  return put_file(folder + "/views/" + std::to_string(partition.id.index) + "-" +
                      std::to_string(++files_),
                  text);
}

Result<void> WorldViews::put_plan(const std::string& folder) {
  return put_file(folder + "/views/plan-" + std::to_string(++files_),
                  generations_->serving().plan.text());
}

void WorldViews::begin_anew(const std::string& data, const Topology& topology) {
  end();
  const auto present = home_.present();
  for (const uint32_t number : *present) ENSURE(home_.remove(number).has_value());
  home_.plan_failure = "";
  ENSURE(home_.save_plan(file_below(data + "/views", "plan-")).has_value());
  const std::string text = *home_.plan();
  const GenerationPlan plan = text.empty() ? GenerationPlan{} : *GenerationPlan::parse(text);
  for (const DomainPlace& place : topology.domains()) {
    const uint32_t number = plan.generation_of(place.name);
    for (uint16_t index = 0; index < place.partitions; ++index) {
      const std::string views = file_below(data + "/views", std::to_string(index) + "-");
      if (!views.empty())
        ENSURE(views_from_text(views, {place.number, index}, **home_.open(number)).has_value());
    }
  }
}

Sequence WorldViews::stored(PartitionId partition) {
  Generations generations(home_);
  ENSURE(generations.open().has_value());
  const auto at = generations.checkpoints(partition);
  return at->empty() ? Sequence{} : at->front().sequence;
}

std::vector<KnownPosition> WorldViews::known(const Topology& topology) {
  std::vector<KnownPosition> known;
  Generations generations(home_);
  ENSURE(generations.open().has_value());
  for (const PartitionId id : topology.partitions())
    if (const auto all = generations.checkpoints(id))
      for (const Checkpoint& at : *all) known.push_back({id, at.sequence});
  return known;
}

std::string WorldViews::compare_with_fresh_fold(Log& log, PartitionId partition) {
  if (const std::string stopped = served_->stopped(partition); !stopped.empty()) return stopped;
  MemoryViews store;
  ProjectedViews fresh(log.topology(), projected(log.topology()), store);
  Projector projector(log, fresh, {partition}, {});
  if (const auto opened = projector.open(); !opened) return opened.error().detail;
  while (projector.step() == Step::worked) {
  }
  if (fresh.position(partition) != served_->position(partition))
    return "views are at outcome " + std::to_string(served_->position(partition).value) + " of " +
           std::to_string(fresh.position(partition).value);
  const auto lived = served_->of(partition.domain).digest(partition);
  const auto again = fresh.digest(partition);
  if (!lived || !again || *lived != *again) return "views differ from a fresh fold of the log";
  std::vector<uint32_t> kept = generations_->plan().generations();
  return is_settled() && *home_.present() != kept ? "a generation is left that nobody needs" : "";
}

}  // namespace spate
