// From outcome 0 to a proof: fold, stand where the old generation is written, compare.
#include <algorithm>

#include "engine/replay/rebuild.hpp"

namespace spate {
namespace {

constexpr uint64_t whole_core_percent = 100;
constexpr std::size_t filled_eighths_alone = 7, filled_eighths_beside = 6;

}  // namespace

void Rebuild::prepare(const GenerationPlan::Rebuild& rebuild) {
  fresh_ = &generations_.of(rebuild.generation);
  next_.projections = rebuild.wish.projections;
  parts_.clear();
  pace_.clear();
  for (const DomainPlace& place : generations_.topology().domains()) {
    const auto& names = rebuild.wish.projections;
    if (std::find(names.begin(), names.end(), place.name) == names.end()) continue;
    Generation* old = &generations_.serving(place);
    for (const auto& [name, number] : rebuild.previous)
      if (name == place.name) old = &generations_.of(number);
    for (uint16_t index = 0; index < place.partitions; ++index) {
      const PartitionId id{place.number, index};
      parts_.push_back({id, &old->views->partition(id), &fresh_->views->partition(id), {}});
    }
  }
}

void Rebuild::start_folding() {
  std::vector<PartitionId> ids;
  for (const Part& part : parts_) ids.push_back(part.id);
  ProjectorLimits limits = limits_.projector;
  limits.filled_eighths = writes_beside() ? filled_eighths_beside : filled_eighths_alone;
  projector_ = std::make_unique<Projector>(live_.log, *fresh_->views, ids, limits);
  for (const Part& part : parts_) part.new_views->orders().fold_to(part.old_views->position());
  fresh_->store->run_behind(generations_.plan().rebuild->wish.budget_percent);
  frozen_ns_ = clock_.monotonic_ns();
  enter(RebuildStage::folding);
  open_fold();
}

/// Where a fold goes on is checked against the log, which may have to be asked again.
bool Rebuild::open_fold() {
  const auto opened = projector_->open();
  is_open_ = opened.has_value();
  if (!opened && opened.error().action != FaultAction::retry) fail(opened.error().detail);
  return is_open_;
}

/// With a smaller share it rests for longer than it would wait for the disk, and one thread is less
/// in the way of others than two.
bool Rebuild::writes_beside() const {
  return live_.beside != nullptr &&
         generations_.plan().rebuild->wish.budget_percent >= whole_core_percent;
}

/// One slice of folding and writing; the rebuild fails where the log or the projection does.
bool Rebuild::fold_some(bool is_far) {
  const Step folded = projector_->step();
  const Result<Step> written = writes_.step(fresh_->writer, is_far && writes_beside());
  if (!written) return fail(written.error().detail), true;
  for (const Part& part : parts_)
    if (const std::string why = part.new_views->stopped(); !why.empty()) return fail(why), true;
  freeze_in_time();
  return folded == Step::worked || *written == Step::worked;
}

/// Never beyond the old one: so both can always be compared where that one is.
bool Rebuild::keep_up() {
  for (const Part& part : parts_)
    part.new_views->orders().fold_to(part.old_views->position());
  return fold_some();
}

void Rebuild::freeze_in_time() {
  const int64_t now = clock_.monotonic_ns();
  if (now - frozen_ns_ < limits_.freeze_ns) return;
  frozen_ns_ = now;
  for (const Part& part : parts_) part.new_views->orders().ask_freeze();
}

bool Rebuild::has_room() {
  if (steps_++ % limits_.room_steps != 0) return true;
  const auto room = generations_.home().check_room_to_go_on();
  if (room) return next_.waiting.clear(), true;
  next_.waiting = room.error().detail;
  steps_ = 0;  // look again before anything else
  return false;
}

Step Rebuild::fold() {
  if (!has_room()) return Step::idle;
  if (!is_open_) return open_fold() ? Step::worked : Step::idle;
  uint64_t behind = 0;
  bool ahead = false;  // the old one was written less far before a crash: it comes
  for (const Part& part : parts_) {
    const Sequence old_at = part.old_views->position(), new_at = part.new_views->position();
    part.new_views->orders().fold_to(old_at);
    if (new_at > old_at) ahead = true;
    else behind += old_at.value - new_at.value;
  }
  const bool is_far = ahead || behind > limits_.near_outcomes_max;
  const bool worked = fold_some(is_far);
  if (stage_ != RebuildStage::folding) return Step::worked;
  if (writes_.is_under_way()) return worked ? Step::worked : Step::blocked;
  if (is_far) return worked ? Step::worked : Step::idle;
  // Before readers come, and before every view is compared; it takes as long as its budget wants.
  const Result<Step> arranged = fresh_->store->arrange();
  if (!arranged) return fail(arranged.error().detail), Step::worked;
  if (*arranged == Step::worked) {
    next_.waiting = "its tables are put in order for reads";
    return worked ? Step::worked : Step::idle;
  }
  for (Part& part : parts_) {
    part.fence = part.old_views->position();
    part.new_views->orders().fold_to(part.fence);
    if (part.old_views->last_written() < part.fence) part.old_views->orders().ask_freeze();
  }
  live_.wake();
  enter(RebuildStage::fencing);
  return Step::worked;
}

Step Rebuild::fence() {
  const bool worked = fold_some();
  if (stage_ != RebuildStage::fencing) return Step::worked;
  for (const Part& part : parts_)
    if (part.old_views->last_written() < part.fence) return worked ? Step::worked : Step::idle;
  if (const auto taken = take_fence(); !taken) fail(taken.error().detail);
  return Step::worked;
}

/// A store is always at one position (C1): what one snapshot says is where the old one is compared,
/// however far it has gone on meanwhile.
Result<void> Rebuild::take_fence() {
  before_.clear();
  for (Part& part : parts_) {
    auto& snapshot = before_[&part.old_views->store()];
    if (snapshot == nullptr) snapshot = part.old_views->store().snapshot();
    TRY(const auto at, snapshot->checkpoint(part.id));
    part.fence = at ? at->sequence : Sequence{};
    ENSURE(part.fence >= part.new_views->position());
    part.new_views->orders().fold_to(part.fence);
  }
  enter(RebuildStage::reaching);
  return {};
}

Step Rebuild::reach() {
  const bool worked = fold_some();
  if (stage_ != RebuildStage::reaching) return Step::worked;
  for (const Part& part : parts_)
    if (part.new_views->position() < part.fence) return worked ? Step::worked : Step::idle;
  if (!projector_->freeze_all()) return Step::worked;  // written by the next slices
  after_ = fresh_->store->snapshot();
  const auto differs = compare_checkpoints();
  if (!differs || !differs->empty()) {
    fail(differs ? *differs : differs.error().detail);
    return Step::worked;
  }
  next_.report.emplace();
  comparing_ = 0;
  enter(RebuildStage::comparing);
  return Step::worked;
}

/// Both folded the same outcomes, by the chain over all of them (C5).
Result<std::string> Rebuild::compare_checkpoints() {
  for (const Part& part : parts_) {
    TRY(const auto was, before_[&part.old_views->store()]->checkpoint(part.id));
    TRY(const auto is, after_->checkpoint(part.id));
    if (part.fence.value == 0 && !is) continue;
    if (!was || !is || was->sequence != is->sequence || was->chain != is->chain)
      return "the two generations of " + text_.projection(part.id.domain) + "/" +
             std::to_string(part.id.index) + " were not folded from the same outcomes";
  }
  return std::string();
}

Step Rebuild::compare() {
  keep_up();
  if (stage_ != RebuildStage::comparing) return Step::worked;
  const auto numbers = numbers_of(next_.projections);
  if (comparing_ == numbers.size()) return decide(), Step::worked;
  const uint16_t number = numbers[comparing_];
  if (!diff_) {
    const auto part = std::find_if(parts_.begin(), parts_.end(),
                                   [&](const Part& p) { return p.id.domain == number; });
    diff_.emplace(number, fresh_->views->domain(number).shapes,
                  ViewDiff::Sides{*before_[&part->old_views->store()], *after_}, text_,
                  generations_.plan().rebuild->wish.examples_max);
  }
  const Result<Step> compared = diff_->step(limits_.compare_views);
  if (!compared) return fail(compared.error().detail), Step::worked;
  if (*compared == Step::worked) return Step::worked;
  for (ViewDifference& view : diff_->result()) next_.report->views.push_back(std::move(view));
  diff_.reset();
  ++comparing_;
  return Step::worked;
}

void Rebuild::decide() {
  for (const Part& part : parts_)
    next_.report->fences.push_back(
        {text_.projection(part.id.domain) + "/" + std::to_string(part.id.index), part.fence});
  before_.clear();
  after_.reset();
  const RebuildWish& wish = generations_.plan().rebuild->wish;
  using Expect = RebuildWish::Expect;
  const std::string unexpected = next_.report->unexpected(wish.fields);
  next_.reason = unexpected;
  const bool differs = !unexpected.empty() && wish.expect != Expect::anything;
  if (differs && wish.expect != Expect::nothing)
    return fail("the proof found what was not expected: " + unexpected);
  if (wish.hold || differs) return enter(RebuildStage::ready);
  start_move(false);
}

void Rebuild::stop_folding() {
  projector_.reset();
  diff_.reset();
  before_.clear();
  after_.reset();
}

void Rebuild::fail(const std::string& reason) { fail(reason, generations_.plan()); }

void Rebuild::fail(const std::string& reason, GenerationPlan plan) {
  stop_folding();
  plan.rebuild->phase = RebuildPhase::failed;
  plan.rebuild->reason = next_.reason = reason;
  // Not saved: the next start tries once more, and fails there.
  (void)generations_.save(std::move(plan));
  enter(RebuildStage::failed);
}

/// What is folded is on disk.
Result<void> Rebuild::store_all() {
  TRY(writes_.finish());
  while (!projector_->freeze_all()) TRY(fresh_->writer->step());
  return fresh_->store->flush();
}

Result<void> Rebuild::close() { return projector_ == nullptr ? Result<void>{} : store_all(); }

}  // namespace spate
