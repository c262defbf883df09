// Moving readers from one generation to the other without a step back, and what leaves afterwards.
//
// Both are folded live. The side that serves is told to stand still; when the other has folded as
// much of every partition, readers move, and it goes on. Nobody is refused meanwhile: a read that
// waits for a position waits that much longer.
#include <algorithm>

#include "engine/replay/rebuild.hpp"

namespace spate {
namespace {

constexpr uint64_t close_outcomes_max = 2'000;  // folded within the time that views may stand still

}  // namespace

std::vector<uint16_t> Rebuild::numbers_of(const std::vector<std::string>& projections) const {
  std::vector<uint16_t> numbers;
  for (const std::string& name : projections)
    numbers.push_back(generations_.topology().find(name)->number);
  return numbers;
}

void Rebuild::start_move(bool back) {
  move_ = {back, 0, 0};
  if (!may_reach()) return;
  // Readers that moved would else meet views as they were before, should the process be killed now.
  if (!back)
    if (const auto stored = store_all(); !stored) return fail(stored.error().detail);
  before_move_ = generations_.plan();
  if (const auto saved = save_move(back); !saved) {
    next_.reason = saved.error().detail;
    return enter(back ? RebuildStage::switched : RebuildStage::ready);
  }
  next_.paused = false;
  if (!back) go_live();
  enter(RebuildStage::approaching);
}

/// A crash from here on finds readers where they are about to go.
Result<void> Rebuild::save_move(bool back) {
  GenerationPlan plan = generations_.plan();
  if (back) {
    const GenerationPlan::Rebuild& rebuild = *generations_.plan().rebuild;
    for (const auto& [name, number] : rebuild.previous) plan.serve(name, number);
    plan.rebuild.reset();
  } else {
    GenerationPlan::Rebuild& rebuild = *plan.rebuild;
    for (const std::string& name : rebuild.wish.projections) {
      rebuild.previous.push_back({name, plan.generation_of(name)});
      plan.serve(name, rebuild.generation);
    }
    rebuild.phase = RebuildPhase::switched;
    rebuild.paused = false;
  }
  return generations_.save(std::move(plan));
}

/// From now on the live projectors fold the new generation, too.
void Rebuild::go_live() {
  for (const Part& part : parts_) part.new_views->orders().fold_to();
  fresh_->store->run_behind(0);
  live_.connect(*fresh_->views);
  live_.writers.add(fresh_->writer);
  std::vector<std::vector<FoldedPartition>> shares(live_.projectors.size());
  for (FoldedPartition& partition : projector_->give_up()) {
    const uint32_t dense = generations_.topology().dense_index(partition.fold->views().id());
    shares[dense % shares.size()].push_back(std::move(partition));
  }
  for (std::size_t i = 0; i < shares.size(); ++i) live_.projectors[i]->adopt(std::move(shares[i]));
  stop_folding();
  live_.wake();
}

/// A side that has stopped before the other never gets there.
bool Rebuild::may_reach() {
  for (const Part& part : parts_) {
    const std::string why = to(part).stopped();
    if (why.empty() || to(part).position() >= from(part).position()) continue;
    next_.reason = "readers stay where they are: " + why;
    return false;
  }
  return true;
}

Step Rebuild::approach() {
  if (!may_reach()) {
    const std::string why = next_.reason;
    if (move_.back) {
      (void)generations_.save(before_move_);  // else a crash goes back and waits there
      return enter(RebuildStage::switched), Step::worked;
    }
    for (Projector* projector : live_.projectors)
      projector->release(*fresh_->views, numbers_of(next_.projections));
    live_.writers.remove(fresh_->writer);
    live_.wake();
    return fail(why, before_move_), Step::worked;
  }
  if (clock_.monotonic_ns() < move_.not_before_ns) return Step::blocked;
  for (const Part& part : parts_)
    if (to(part).position().value + close_outcomes_max < from(part).position().value)
      return Step::blocked;
  move_.began_ns = clock_.monotonic_ns();
  for (const Part& part : parts_) from(part).orders().hold(true);
  live_.wake();
  enter(RebuildStage::holding);
  return Step::worked;
}

Step Rebuild::hold() {
  const bool late = clock_.monotonic_ns() - move_.began_ns > limits_.hold_ns_max;
  for (const Part& part : parts_) {
    if (from(part).orders().is_held() && to(part).position() >= from(part).position()) continue;
    if (late) let_go();
    return Step::blocked;
  }
  move_readers();
  return Step::worked;
}

/// Too much came together with something else: readers have waited long enough for now.
void Rebuild::let_go() {
  for (const Part& part : parts_) from(part).orders().hold(false);
  live_.wake();
  move_.not_before_ns = clock_.monotonic_ns() + limits_.again_ns;
  enter(RebuildStage::approaching);
}

void Rebuild::move_readers() {
  for (const uint16_t number : numbers_of(next_.projections)) {
    const auto part = std::find_if(parts_.begin(), parts_.end(),
                                   [&](const Part& p) { return p.id.domain == number; });
    // The generation that holds these partitions: the new one, or the one before.
    ProjectedViews* views = fresh_->views.get();
    if (move_.back)
      for (Generation* one : generations_.all())
        if (&one->views->partition(part->id) == part->old_views) views = one->views.get();
    live_.served.serve(number, *views);
  }
  next_.pause_ns = clock_.monotonic_ns() - move_.began_ns;
  for (const Part& part : parts_) from(part).orders().hold(false);
  live_.wake();
  if (!move_.back) return enter(RebuildStage::switched);
  next_.last = "rolled back";
  std::vector<Departure> departures;
  departures.push_back({fresh_, numbers_of(next_.projections), {}, false});
  leave(std::move(departures));
}

std::vector<Rebuild::Departure> Rebuild::departures_of_old(
    const GenerationPlan::Rebuild& rebuild) {
  std::vector<Departure> departures;
  for (const auto& [name, number] : rebuild.previous) {
    Generation* generation = &generations_.of(number);
    auto found = std::find_if(departures.begin(), departures.end(),
                              [&](const Departure& d) { return d.generation == generation; });
    if (found == departures.end())
      found = departures.insert(found, {generation, {}, {}, false});
    found->domains.push_back(generations_.topology().find(name)->number);
  }
  return departures;
}

void Rebuild::leave(std::vector<Departure> departures) {
  stop_folding();
  parts_.clear();
  fresh_ = nullptr;
  departures_ = std::move(departures);
  for (const Departure& departure : departures_)
    for (Projector* projector : live_.projectors)
      projector->release(*departure.generation->views, departure.domains);
  live_.wake();
  enter(RebuildStage::leaving);
}

Step Rebuild::depart() {
  if (!writes_.is_over()) return Step::blocked;  // into what leaves
  if (departures_.empty()) {
    next_.projections.clear();
    enter(RebuildStage::none);
    return Step::worked;
  }
  const Result<bool> gone = depart(departures_.back());
  // What cannot be removed now is removed by the next start: no plan names it any more.
  if (!gone) next_.last += ", but not all of it could be removed: " + gone.error().detail;
  if (gone && !*gone) return Step::blocked;
  departures_.pop_back();
  return Step::worked;
}

/// False: somebody still uses it.
Result<bool> Rebuild::depart(Departure& departure) {
  for (const Projector* projector : live_.projectors)
    if (!projector->errands().done()) return false;
  if (!departure.readers) departure.readers.emplace(live_.served);
  if (!departure.readers->over()) return false;
  Generation& generation = *departure.generation;
  const std::vector<uint32_t> used = generations_.plan().generations();
  if (std::find(used.begin(), used.end(), generation.number) == used.end()) {
    if (!std::exchange(departure.writer_removed, true)) {
      live_.writers.remove(generation.writer);
      live_.wake();
    }
    if (!live_.writers.errands().done()) return false;
    return generations_.drop(generation.number);
  }
  for (const PartitionId id : generations_.topology().partitions()) {
    const auto& domains = departure.domains;
    if (std::find(domains.begin(), domains.end(), id.domain) == domains.end()) continue;
    PartitionViews& views = generation.views->partition(id);
    if (views.wants_write()) return false;  // its writer does, and is done with it then
    TRY(generation.store->clear(id));
    views.forget();
  }
  return true;
}

}  // namespace spate
