// Starting, draining and closing an engine: what stops after what, so that nothing taken is lost.
#include "engine/app/engine.hpp"

#include "engine/app/fold_suspects.hpp"
#include "engine/app/log_fold.hpp"
#include "engine/app/scanned_note.hpp"
#include "engine/base/cores.hpp"
#include "engine/base/place_text.hpp"

namespace spate {
namespace {

constexpr int64_t takeover_ns = 5'000'000'000;  // longer than that it is no moment any more

// A partition may wait for its owner or for somebody to set the clock: nothing else waits for that.
constexpr int64_t start_ns_max = 10'000'000'000;

}  // namespace

/// A log that cannot be read just now (a broker is slow, or away) does not end a start.
Result<std::vector<std::string>> Engine::open_patiently(Projector& projector) {
  auto discarded = projector.open();
  while (!discarded && discarded.error().action == FaultAction::retry &&
         home_->waits_for(discarded.error()))
    discarded = projector.open();
  return discarded;
}

/// What a scan found wrong is not served again.
Result<void> Engine::open_scan() {
  for (const DifferingPartition& marked : marked_differing(config_.data + "/rows"))
    return stop("state_differs", marked.why + rows_remedy(config_.data));
  LiveScan::Parts parts;
  parts.data = config_.data;
  parts.log = &log();
  parts.rows = stores_.get();
  parts.views = generations_.get();
  parts.marks = &marks_;
  parts.path_of_views = [home = generations_home_.get()](uint32_t n) { return home->path_of(n); };
  parts.may_begin = [this] { return !starts(); };
  parts.tell = [this](const std::string& what) { tell(what); };
  parts.on_fault = on_fault_;
  scan_ = std::make_unique<LiveScan>(std::move(parts), config_.scan, clock_);
  const ScratchFolder left(scan_folder(config_.data));  // by a process that was killed
  return {};
}

void Engine::start() {
  starts_until_ns_ = clock_.monotonic_ns() + start_ns_max;
  for (auto& runner : log_runners_) runner->start();
  view_runner_->start();
  for (auto& runner : projector_runners_) runner->start();
  checkpoint_runner_->start();
  for (auto& runner : processor_runners_) runner->start();
  rebuild_thread_->start();
  if (cluster() != nullptr) cluster()->start();
  if (shipping_runner_ != nullptr) shipping_runner_->start();
  scan_->start();
  if (compare_runner_ != nullptr) compare_runner_->start();
}

/// Where the disk is full it remembers nothing beyond this process.
std::unique_ptr<FoldWitness> Engine::witness_of(uint32_t generation) const {
  auto suspects = std::make_unique<FoldSuspects>(home_->log().topology());
  const auto opened = suspects->open(generations_home_->breadcrumbs_of(generation),
                                     home_->log().identity().id);
  if (!opened) {
    suspects->open_in_memory();
    tell(opened.error().detail);
  }
  return suspects;
}

void Engine::tell_outdated() const {
  for (const RebuildStatus::Views& views : rebuild_->status().generations)
    if (views.role == "serves" && !views.binary_has.empty())
      tell("the views of " + views.projection + " (generation " + std::to_string(views.generation) +
           ") are of version " + views.version + ", this binary has version " + views.binary_has +
           ": they serve as they are and show no new outcomes until they are rebuilt; " +
           (config_.replay.rebuild_changed
                ? "that begins now (replay.rebuild_changed): see `spate replay status`"
                : "run `spate replay rebuild " + views.projection + "`"));
}

/// While it starts commands wait for rows: what nobody waits for, waits for them, too.
bool Engine::starts() const { return !ready() && clock_.monotonic_ns() < starts_until_ns_; }

/// What a crash left uncompacted took half of an only core.
Result<void> Engine::compact_when_started() {
  if (compacts_ || starts()) return {};
  compacts_ = true;
  TRY(stores_->compact());
  return generations_home_->compact();
}

/// On too few cores to fold rows and views at once.
Runner::StepFunction Engine::after_rows(Runner::StepFunction step) const {
  const bool few = usable_cores() < static_cast<int>(groups_.size() + projectors_.size());
  return [this, step = std::move(step), begun = !few]() mutable -> Result<Step> {
    begun = begun || !starts();
    return begun ? step() : Result<Step>(Step::blocked);
  };
}

bool Engine::caught_up() const {
  bool all = true;
  for (const auto& group : groups_) all = all && group->caught_up();
  return all;
}

void Engine::add_metrics(std::vector<Sample>& out) const {
  home_->add_metrics(out);
  if (cluster() != nullptr) cluster()->add_metrics(out);
  if (shipping_ != nullptr) shipping_->add_metrics(clock_, out);
  scan_->add_metrics(out);
  if (compare_ != nullptr) compare_->add_metrics(out);
}

bool Engine::ready() const {
  bool all = true;
  for (const auto& group : groups_) all = all && group->ready();
  if (home_->cluster() == nullptr) return all;
  const int64_t now = clock_.monotonic_ns();
  if (all) ready_until_ns_.store(now + takeover_ns);
  return now < ready_until_ns_.load();
}

bool Engine::views_whole() const {
  if (views_whole_.load(std::memory_order_relaxed)) return true;
  for (const PartitionView& p : partition_views_)
    if (!views_->whole(p.id)) return false;
  views_whole_.store(true, std::memory_order_relaxed);
  return true;
}

std::string Engine::state_text() const {
  std::string text;
  for (const auto& group : groups_) text += group->state_text();
  for (const PartitionView& p : partition_views_) {
    const std::string stopped = views_->stopped(p.id);
    const std::string place = place_text(p.domain->name, p.id);
    if (!stopped.empty()) text += place + ": views stopped: " + stopped + "\n";
    if (!views_->whole(p.id))
      text += place + ": views at outcome " + std::to_string(views_->position(p.id).value) +
              ", on their way to where they were\n";
  }
  if (compare_ != nullptr) text += compare_->text();
  return text.empty() ? "all partitions ready\n" : text;
}

std::pair<uint64_t, uint64_t> Engine::queued_bytes() const {
  std::pair<uint64_t, uint64_t> sum;
  for (const auto& edge : mailboxes_) {
    for (const auto& mailbox : edge) {
      sum.first += mailbox->requests.bytes_queued();
      sum.second += mailbox->replies.bytes_queued();
    }
  }
  return sum;
}

void Engine::drain() {
  end_comparing();
  for (auto& group : groups_) group->drain();
  for (auto& runner : processor_runners_) runner->bell().ring();
}

bool Engine::drained() const {
  for (const auto& group : groups_)
    if (!group->stopped()) return false;
  for (const PartitionView& p : partition_views_)
    if (views_->stopped(p.id).empty() &&
        views_->position(p.id).value < p.processor->stats().durable.get())
      return false;
  return true;
}

Result<void> Engine::close() {
  end_comparing();
  if (compare_runner_ != nullptr) compare_runner_->stop();
  scan_->stop();
  if (shipping_runner_ != nullptr) shipping_runner_->stop();
  if (cluster() != nullptr) cluster()->stop();
  rebuild_thread_->stop();
  for (auto& runner : processor_runners_) runner->stop();
  checkpoint_runner_->stop();
  for (auto& runner : projector_runners_) runner->stop();
  view_runner_->stop();
  for (auto& projector : projectors_) {
    while (!projector->freeze_all()) {
      for (;;) {
        TRY(const Step step, view_writers_.step());
        if (step != Step::worked) break;
      }
    }
  }
  TRY(rebuild_->close());
  for (Generation* generation : generations_->all()) TRY(generation->store->flush());
  for (auto& runner : log_runners_) runner->stop();
  TRY(home_->close());
  return stores_->close();
}

}  // namespace spate
