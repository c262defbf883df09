// Generations: the stores of views in use, each with what folds into it and writes it, by the plan.
#pragma once
#include <functional>
#include <map>
#include <mutex>

#include "engine/base/store_sizes.hpp"
#include "engine/projector/projected_views.hpp"
#include "engine/projector/view_checkpointer.hpp"
#include "engine/replay/generation_home.hpp"
#include "engine/replay/generation_plan.hpp"

namespace spate {

struct Generation {
  uint32_t number = 0;
  std::unique_ptr<FoldWitness> witness;  // may be null
  std::unique_ptr<ViewStore> store;
  std::unique_ptr<ProjectedViews> views;  // after `project`
  std::shared_ptr<ViewCheckpointer> writer;
};

/// Life: open, project. One thread at a time, but where it says any.
class Generations {
 public:
  explicit Generations(GenerationHome& home) : home_(home) {}

  /// Reads the plan, removes what no plan names any more (a crash in the middle of an end), opens
  /// the rest.
  Result<void> open();
  /// The stored positions of a partition in every generation: none of them is ahead of the log.
  Result<std::vector<Checkpoint>> checkpoints(PartitionId partition);
  /// Requires: `domains` holds every domain of the topology. Clears what a generation kept of
  /// projections that it no longer serves. Views of another version of their projection serve as
  /// they are, if they are read right; else, or if they are of a rebuild under way, a projector
  /// discards them when it is opened.
  Result<void> project(const Topology& topology, std::vector<ProjectedDomain> domains,
                       const LogIdentity& log);

  /// Before `project`: makes who is told what is folded into a generation.
  using MakeWitness = std::function<std::unique_ptr<FoldWitness>(uint32_t number)>;
  void watched_by(MakeWitness make) { make_witness_ = std::move(make); }

  const Topology& topology() const { return topology_; }
  const GenerationPlan& plan() const { return plan_; }
  /// What is saved is the plan from now on; a fault: it is as before.
  Result<void> save(GenerationPlan plan);
  GenerationHome& home() { return home_; }

  Generation& of(uint32_t number) { return *all_.at(number); }
  Generation& serving(const DomainPlace& place) { return of(plan_.generation_of(place.name)); }
  /// Projections whose views that serve are of another version than this binary's.
  std::vector<std::string> outdated();
  /// What is to be folded as outcomes come: what serves, and what was replaced and is kept.
  std::vector<std::pair<Generation*, PartitionId>> followed();
  Result<Generation*> make(uint32_t number);
  /// False: somebody still looks at its sizes; ask again. Requires: nobody else uses it.
  Result<bool> drop(uint32_t number);
  std::vector<Generation*> all();

  // Any thread.
  StoreSizes sizes() const;
  std::vector<uint32_t> numbers() const;
  /// Null: there is none of this number. While it is held it is not dropped: not for long.
  std::shared_ptr<Generation> held(uint32_t number) const;
  /// What serves, whatever is rebuilt meanwhile: a plan of it, and its stores, which stay open as
  /// long as they are held.
  struct Serving {
    GenerationPlan plan;
    std::vector<std::shared_ptr<Generation>> generations;
    Generation& of(const std::string& projection) const;
  };
  Serving serving() const;

 private:
  Result<std::shared_ptr<Generation>> open_store(uint32_t number);
  void add(std::shared_ptr<Generation> generation);
  void project(Generation& generation);
  Result<void> keep_outdated(Generation& generation);
  bool keeps(uint32_t number, const DomainPlace& place) const;

  GenerationHome& home_;
  GenerationPlan plan_;
  Topology topology_;
  std::vector<ProjectedDomain> domains_;
  LogIdentity log_;
  MakeWitness make_witness_;
  mutable std::mutex mutex_;  // of plan and map; what that holds is kept alive by who looks
  std::map<uint32_t, std::shared_ptr<Generation>> all_;
};

}  // namespace spate
