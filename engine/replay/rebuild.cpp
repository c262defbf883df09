// Orders in, status out, and which stage is stepped.
#include "engine/replay/rebuild.hpp"

#include <algorithm>

#include "engine/base/text.hpp"

namespace spate {
namespace {

constexpr int64_t show_ns = 50'000'000;
constexpr int64_t pace_ns = 10'000'000'000;  // the rate is that of the last ten seconds

tl::unexpected<Fault> conflict(const std::string& why) { return stop("replay_conflict", why); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// What to do before another rebuild may begin, or instead of an order that means nothing now.
std::string next_step(RebuildStage stage) {
  switch (stage) {
    case RebuildStage::none:
      return "there is no rebuild; begin one with `spate replay rebuild`";
    case RebuildStage::ready:
      return "the rebuild waits for a decision: `spate replay switch` or `spate replay cancel`";
    case RebuildStage::switched:
      return "readers have moved: `spate replay commit` or `spate replay rollback`";
    case RebuildStage::failed:
      return "the rebuild failed: see `spate replay status`, then `spate replay cancel`";
    case RebuildStage::leaving:
      return "what the one before left is still being removed: ask again in a moment";
    default:
      return "the rebuild is " + std::string(name_of(stage)) +
             ": see `spate replay status`; `spate replay cancel` ends it";
  }
}

bool is_before_move(RebuildStage stage) {
  return stage >= RebuildStage::folding && stage <= RebuildStage::ready;
}

bool means_something(RebuildOrder order, const RebuildStatus& now) {
  switch (order) {
    case RebuildOrder::pause:
    case RebuildOrder::resume:
      return is_before_move(now.stage);
    case RebuildOrder::switch_over:
      return now.stage == RebuildStage::ready;
    case RebuildOrder::cancel:
      return is_before_move(now.stage) || now.stage == RebuildStage::failed;
    case RebuildOrder::commit:
    case RebuildOrder::rollback:
      return now.stage == RebuildStage::switched;
  }
  return false;
}

}  // namespace

Rebuild::Rebuild(Generations& generations, LiveViews live, const ViewText& text, const Clock& clock,
                 RebuildLimits limits)
    : generations_(generations),
      live_(std::move(live)),
      text_(text),
      clock_(clock),
      limits_(limits),
      writes_(live_.beside) {}

Rebuild::~Rebuild() = default;

Result<void> Rebuild::open(bool outdated_too) {
  const auto& rebuild = generations_.plan().rebuild;
  outdated_too_ = outdated_too && !generations_.outdated().empty();
  commits_first_ = outdated_too_ && rebuild && rebuild->phase == RebuildPhase::switched;
  if (!rebuild) return show(), Result<void>{};
  next_.reason = rebuild->reason;
  next_.paused = rebuild->paused;
  prepare(*rebuild);
  switch (rebuild->phase) {
    case RebuildPhase::switched:
      enter(RebuildStage::switched);
      break;
    case RebuildPhase::failed:
      enter(RebuildStage::failed);
      break;
    case RebuildPhase::folding:  // what was proven is proven again, where both are now
      start_folding();
      break;
  }
  show();
  return {};
}

Result<void> Rebuild::ask(RebuildWish wish) {
  std::vector<std::string> known;
  for (const DomainPlace& place : generations_.topology().domains()) known.push_back(place.name);
  for (const std::string& name : wish.projections) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    NearestName near(name);
    for (const std::string& one : known) near.offer(one);
    return stop("unknown_projection", "there is no projection '" + name + "'; there are " +
                                          joined(known) + near.hint());
  }
  std::sort(wish.projections.begin(), wish.projections.end());
  wish.projections.erase(std::unique(wish.projections.begin(), wish.projections.end()),
                         wish.projections.end());
  const std::lock_guard lock(mutex_);
  if (status_.stage != RebuildStage::none || !orders_.empty())
    return conflict("another rebuild comes first: " + next_step(status_.stage));
  TRY(generations_.home().check_room_for_another());
  RebuildStatus ordered;
  ordered.generations = std::move(status_.generations);
  ordered.projections = wish.projections;
  status_ = std::move(ordered);
  orders_.emplace_back(std::move(wish));
  status_.stage = RebuildStage::folding;
  status_.is_ordered = true;
  ordered_.store(true, std::memory_order_release);
  return {};
}

Result<void> Rebuild::ask(RebuildOrder order) {
  const std::lock_guard lock(mutex_);
  if (!means_something(order, status_)) return conflict(next_step(status_.stage));
  orders_.emplace_back(order);
  status_.is_ordered = true;
  if (order == RebuildOrder::pause || order == RebuildOrder::resume)
    status_.paused = order == RebuildOrder::pause;
  else if (order == RebuildOrder::cancel || order == RebuildOrder::commit)
    status_.stage = RebuildStage::leaving;
  else
    status_.stage = RebuildStage::approaching;
  ordered_.store(true, std::memory_order_release);
  return {};
}

RebuildStatus Rebuild::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Rebuild::take_orders() {
  if (!ordered_.load(std::memory_order_acquire)) return;
  Orders orders;  // the status shows each as begun already: whoever asks next comes second
  {
    const std::lock_guard lock(mutex_);
    orders.swap(orders_);
    ordered_.store(false, std::memory_order_relaxed);
  }
  for (auto& order : orders) {
    if (const auto* wish = std::get_if<RebuildWish>(&order)) begin(*wish);
    else obey(std::get<RebuildOrder>(order));
  }
  show();
}

void Rebuild::begin(const RebuildWish& wish) {
  if (stage_ != RebuildStage::none) return;
  next_ = {};
  GenerationPlan plan = generations_.plan();
  plan.rebuild.emplace();
  plan.rebuild->generation = plan.next++;
  plan.rebuild->wish = wish;
  if (auto saved = generations_.save(plan); !saved)
    return void(next_.last = "not begun: " + saved.error().detail);
  const auto fresh = generations_.make(plan.rebuild->generation);
  if (!fresh) {
    next_.last = "not begun: " + fresh.error().detail;
    plan.rebuild.reset();
    (void)generations_.save(std::move(plan));  // else the next start finds an empty generation
    return;
  }
  prepare(*generations_.plan().rebuild);
  start_folding();
}

/// As if somebody had asked for it, when nothing else is under way.
void Rebuild::begin_by_itself() {
  if (std::exchange(commits_first_, false)) return obey(RebuildOrder::commit);
  if (stage_ != RebuildStage::none) return;
  outdated_too_ = false;
  RebuildWish wish;
  wish.projections = generations_.outdated();
  wish.expect = RebuildWish::Expect::anything;
  if (wish.projections.empty()) return;
  if (const auto room = generations_.home().check_room_for_another(); !room)
    next_.last = "not begun: " + room.error().detail;
  else
    begin(wish);
}

/// Again: between the question and now the stage may have changed.
void Rebuild::obey(RebuildOrder order) {
  RebuildStatus now;
  now.stage = stage_;
  if (!means_something(order, now)) return;
  if (order == RebuildOrder::switch_over) return start_move(false);
  if (order == RebuildOrder::rollback) return start_move(true);
  GenerationPlan plan = generations_.plan();
  const bool pauses = order == RebuildOrder::pause;
  std::vector<Departure> departures;
  if (pauses || order == RebuildOrder::resume) {
    plan.rebuild->paused = pauses;
  } else if (order == RebuildOrder::commit) {
    departures = departures_of_old(*plan.rebuild);
    plan.rebuild.reset();
  } else {
    departures.push_back({fresh_, numbers_of(plan.rebuild->wish.projections), {}, false});
    plan.rebuild.reset();
  }
  if (const auto saved = generations_.save(std::move(plan)); !saved) {
    next_.reason = saved.error().detail;
    return;
  }
  next_.paused = pauses;
  if (departures.empty()) return;
  next_.last = order == RebuildOrder::commit ? "committed" : "cancelled";
  leave(std::move(departures));
}

Step Rebuild::step() {
  take_orders();
  if (outdated_too_) begin_by_itself();
  const RebuildStage before = stage_;
  const Step step = step_stage();
  if (stage_ != before || clock_.monotonic_ns() - shown_ns_ > show_ns) show();
  return step;
}

Step Rebuild::step_stage() {
  if (is_before_move(stage_) && next_.paused) return Step::idle;
  switch (stage_) {
    case RebuildStage::folding:
      return fold();
    case RebuildStage::fencing:
      return fence();
    case RebuildStage::reaching:
      return reach();
    case RebuildStage::comparing:
      return compare();
    case RebuildStage::ready:
      return keep_up() ? Step::worked : Step::idle;
    case RebuildStage::approaching:
      return approach();
    case RebuildStage::holding:
      return hold();
    case RebuildStage::leaving:
      return depart();
    default:
      return Step::idle;
  }
}

void Rebuild::enter(RebuildStage stage) {
  stage_ = stage;
  next_.waiting.clear();
  const auto& rebuild = generations_.plan().rebuild;
  budget_percent_.store(is_before_move(stage) && rebuild ? rebuild->wish.budget_percent : 0,
                        std::memory_order_relaxed);
}

void Rebuild::show() {
  const int64_t now = clock_.monotonic_ns();
  next_.stage = stage_;
  next_.generation = fresh_ == nullptr ? 0 : fresh_->number;
  next_.parts.clear();
  next_.folded = next_.wanted = 0;
  for (const Part& part : parts_) {
    const Sequence folded = part.new_views->position();
    const Sequence wanted = std::max(folded, part.old_views->position());
    next_.parts.push_back({text_.projection(part.id.domain) + "/" + std::to_string(part.id.index),
                           folded, wanted});
    next_.folded += folded.value;
    next_.wanted += wanted.value;
  }
  show_generations();
  pace_.push_back({now, next_.folded});
  while (pace_.size() > 2 && now - pace_.front().first > pace_ns) pace_.pop_front();
  const double passed = static_cast<double>(now - pace_.front().first) / 1e9;
  next_.outcomes_per_s =
      passed > 0 && next_.folded >= pace_.front().second
          ? static_cast<double>(next_.folded - pace_.front().second) / passed
          : 0;
  shown_ns_ = now;
  const std::lock_guard lock(mutex_);
  if (orders_.empty()) status_ = next_;  // else it shows already what is ordered
}

void Rebuild::show_generations() {
  const GenerationPlan& plan = generations_.plan();
  next_.generations.clear();
  const auto add = [&](const std::string& name, uint32_t number, std::string_view role) {
    const ProjectedViews& views = *generations_.of(number).views;
    const uint16_t domain = generations_.topology().find(name)->number;
    const ProjectionVersion now = views.domain(domain).version();
    const ProjectionVersion* kept = views.kept(domain);
    next_.generations.push_back({name, number, role, (kept == nullptr ? now : *kept).text(),
                                 kept == nullptr ? "" : now.text()});
  };
  for (const DomainPlace& place : generations_.topology().domains())
    add(place.name, plan.generation_of(place.name), "serves");
  if (!plan.rebuild) return;
  for (const auto& [name, number] : plan.rebuild->previous) add(name, number, "kept");
  if (plan.rebuild->phase != RebuildPhase::folding) return;
  for (const std::string& name : plan.rebuild->wish.projections)
    add(name, plan.rebuild->generation, "rebuilt");
}

}  // namespace spate
