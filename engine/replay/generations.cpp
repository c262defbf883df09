// The plan decides: a store that it does not name, or a part of one, is a leftover.
#include "engine/replay/generations.hpp"

#include <algorithm>

namespace spate {

Result<void> Generations::open() {
  TRY(const std::string text, home_.plan());
  if (!text.empty()) {
    TRY(plan_, GenerationPlan::parse(text));
  }
  const std::vector<uint32_t> wanted = plan_.generations();
  TRY(const std::vector<uint32_t> present, home_.present());
  for (const uint32_t number : present)
    if (std::find(wanted.begin(), wanted.end(), number) == wanted.end())
      TRY(home_.remove(number));
  for (const uint32_t number : wanted) {
    TRY(auto generation, open_store(number));
    add(std::move(generation));
  }
  return {};
}

Result<std::shared_ptr<Generation>> Generations::open_store(uint32_t number) {
  auto generation = std::make_shared<Generation>();
  generation->number = number;
  TRY(generation->store, home_.open(number));
  return generation;
}

void Generations::add(std::shared_ptr<Generation> generation) {
  const std::lock_guard lock(mutex_);
  all_.emplace(generation->number, std::move(generation));
}

Result<std::vector<Checkpoint>> Generations::checkpoints(PartitionId partition) {
  std::vector<Checkpoint> found;
  for (const auto& [number, generation] : all_) {
    TRY(const auto at, generation->store->checkpoint(partition));
    if (at) found.push_back(*at);
  }
  return found;
}

/// Whether the generation has a use for views of this domain.
bool Generations::keeps(uint32_t number, const DomainPlace& place) const {
  if (plan_.generation_of(place.name) == number) return true;
  if (!plan_.rebuild) return false;
  const std::vector<std::string>& names = plan_.rebuild->wish.projections;
  if (plan_.rebuild->generation == number)
    return std::find(names.begin(), names.end(), place.name) != names.end();
  const auto& previous = plan_.rebuild->previous;
  return std::find(previous.begin(), previous.end(),
                   GenerationPlan::Served{place.name, number}) != previous.end();
}

Result<void> Generations::project(const Topology& topology, std::vector<ProjectedDomain> domains,
                                  const LogIdentity& log) {
  topology_ = topology;
  domains_ = std::move(domains);
  log_ = log;
  for (auto& [number, generation] : all_) {
    for (const DomainPlace& place : topology_.domains()) {
      if (keeps(number, place)) continue;
      for (uint16_t index = 0; index < place.partitions; ++index) {
        const PartitionId id{place.number, index};
        TRY(const auto at, generation->store->checkpoint(id));
        if (at) TRY(generation->store->clear(id));
      }
    }
    project(*generation);
    TRY(keep_outdated(*generation));
  }
  return {};
}

/// A projection as a whole: one partition of an old version and one of a new one would be merged in
/// gathered views.
Result<void> Generations::keep_outdated(Generation& generation) {
  const auto& rebuild = plan_.rebuild;
  if (rebuild && rebuild->generation == generation.number &&
      rebuild->phase != RebuildPhase::switched)
    return {};
  for (const DomainPlace& place : topology_.domains()) {
    const ProjectedDomain& domain = generation.views->domain(place.number);
    for (uint16_t index = 0; index < place.partitions; ++index) {
      TRY(const auto at, generation.store->checkpoint({place.number, index}));
      if (!at || at->log != log_) continue;
      const ProjectionVersion version{at->logic_version, at->schema_digest};
      if (version == domain.version() || !domain.reads(version.schema_digest)) continue;
      generation.views->keep_as_is(place.number, version);
      break;
    }
  }
  return {};
}

std::vector<std::string> Generations::outdated() {
  std::vector<std::string> names;
  for (const DomainPlace& place : topology_.domains())
    if (serving(place).views->kept(place.number) != nullptr) names.push_back(place.name);
  return names;
}

void Generations::project(Generation& generation) {
  generation.views = std::make_unique<ProjectedViews>(topology_, domains_, *generation.store);
  const std::string journals = home_.journals_of(generation.number);
  for (const DomainPlace& place : topology_.domains())
    for (uint16_t index = 0; !journals.empty() && index < place.partitions; ++index)
      generation.views->partition({place.number, index})
          .sum()
          .keep_journal(journals + "/" + place.name + "-" + std::to_string(index), log_);
  generation.writer = std::make_shared<ViewCheckpointer>(*generation.views);
  if (make_witness_) generation.witness = make_witness_(generation.number);
  generation.views->watched_by(generation.witness.get());
}

Result<void> Generations::save(GenerationPlan plan) {
  TRY(home_.save_plan(plan.text()));
  const std::lock_guard lock(mutex_);
  plan_ = std::move(plan);
  return {};
}

std::vector<std::pair<Generation*, PartitionId>> Generations::followed() {
  std::vector<std::pair<Generation*, PartitionId>> found;
  for (const DomainPlace& place : topology_.domains()) {
    std::vector<uint32_t> numbers{plan_.generation_of(place.name)};
    if (plan_.rebuild)
      for (const auto& [name, number] : plan_.rebuild->previous)
        if (name == place.name) numbers.push_back(number);
    for (const uint32_t number : numbers)
      for (uint16_t index = 0; index < place.partitions; ++index)
        found.push_back({&of(number), {place.number, index}});
  }
  return found;
}

Result<Generation*> Generations::make(uint32_t number) {
  TRY(const auto generation, open_store(number));
  project(*generation);  // whole before anybody else sees it
  add(generation);
  return generation.get();
}

Result<bool> Generations::drop(uint32_t number) {
  std::shared_ptr<Generation> dropped;
  {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(number);
    if (found != all_.end() && found->second.use_count() > 1) return false;
    if (found != all_.end()) dropped = std::move(found->second), all_.erase(found);
  }
  if (dropped != nullptr) {
    dropped->writer.reset();
    dropped->views.reset();
    dropped->store.reset();
    dropped->witness.reset();
  }
  TRY(home_.remove(number));
  return true;
}

std::vector<Generation*> Generations::all() {
  std::vector<Generation*> list;
  for (auto& [number, generation] : all_) list.push_back(generation.get());
  return list;
}

std::vector<uint32_t> Generations::numbers() const {
  const std::lock_guard lock(mutex_);
  std::vector<uint32_t> list;
  for (const auto& [number, generation] : all_) list.push_back(number);
  return list;
}

std::shared_ptr<Generation> Generations::held(uint32_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = all_.find(number);
  return found == all_.end() || found->second->views == nullptr ? nullptr : found->second;
}

Generations::Serving Generations::serving() const {
  Serving serving;
  const std::lock_guard lock(mutex_);
  serving.plan = plan_;
  serving.plan.rebuild.reset();
  for (const uint32_t number : serving.plan.generations())
    serving.generations.push_back(all_.at(number));
  return serving;
}

Generation& Generations::Serving::of(const std::string& projection) const {
  const uint32_t number = plan.generation_of(projection);
  for (const auto& generation : generations)
    if (generation->number == number) return *generation;
  ensure_failed("what serves is among the generations", __FILE__, __LINE__);
}

StoreSizes Generations::sizes() const {
  std::vector<std::shared_ptr<Generation>> looked_at;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, generation] : all_) looked_at.push_back(generation);
  }
  StoreSizes sum;
  for (const auto& generation : looked_at) {
    const StoreSizes sizes = generation->store->sizes();
    sum.cache_bytes = std::max(sum.cache_bytes, sizes.cache_bytes);  // they share one
    sum.write_buffer_bytes += sizes.write_buffer_bytes;
    sum.file_bytes += sizes.file_bytes;
    sum.pending_compaction_bytes += sizes.pending_compaction_bytes;
  }
  return sum;
}

}  // namespace spate
