// Projector, store and checkpointer of one process of the simulation.
#include "tests/simulation/world_views.hpp"

#include "engine/api/domain.hpp"
#include "engine/app/projected_domains.hpp"
#include "engine/codec/catalog.hpp"

namespace spate {
namespace {

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
  views_ = std::make_unique<ProjectedViews>(topology, projected(topology), store_);
  ProjectorLimits limits;
  limits.outcomes_per_freeze_max = 1 + random.below(40);
  projector_ = std::make_unique<Projector>(log, *views_, topology.partitions(), limits);
  checkpointer_ = std::make_unique<ViewCheckpointer>(*views_);
  TRY(projector_->open());
  return {};
}

Result<void> WorldViews::step(SeededRandom& random) {
  if (random.below(3) != 0) {
    (void)projector_->step();
    return {};
  }
  TRY(checkpointer_->step());
  if (random.one_in(4)) return store_.flush();
  return {};
}

void WorldViews::crash(SeededRandom& random) {
  checkpointer_.reset();
  projector_.reset();
  views_.reset();
  store_.crash(random.below(store_.unflushed() + 1));
}

std::vector<KnownPosition> WorldViews::known(const Topology& topology) {
  std::vector<KnownPosition> known;
  for (const PartitionId id : topology.partitions())
    if (const auto at = store_.checkpoint(id); at && *at) known.push_back({id, (*at)->sequence});
  return known;
}

std::string WorldViews::compare_with_fresh_fold(Log& log, PartitionId partition) {
  if (const std::string stopped = views_->stopped(partition); !stopped.empty()) return stopped;
  MemoryViews store;
  ProjectedViews fresh(log.topology(), projected(log.topology()), store);
  Projector projector(log, fresh, {partition}, {});
  if (const auto opened = projector.open(); !opened) return opened.error().detail;
  while (projector.step() == Step::worked) {
  }
  if (fresh.position(partition) != views_->position(partition))
    return "views are at outcome " + std::to_string(views_->position(partition).value) + " of " +
           std::to_string(fresh.position(partition).value);
  const auto lived = views_->digest(partition);
  const auto again = fresh.digest(partition);
  return lived && again && *lived == *again ? "" : "views differ from a fresh fold of the log";
}

}  // namespace spate
