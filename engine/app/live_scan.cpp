// When to scan, over what, and what follows from what was found.
#include "engine/app/live_scan.hpp"

#include <pthread.h>

#include <filesystem>

#include "engine/app/log_fold.hpp"
#include "engine/app/scanned_note.hpp"
#include "engine/base/behind.hpp"
#include "engine/base/place_text.hpp"
#include "engine/codec/rfc3339.hpp"
#include "engine/projector/rocks_views.hpp"

namespace spate {
namespace {

constexpr int64_t idle_ns = 500'000'000;
constexpr int64_t again_ns = 600'000'000'000;  // behind one that failed

}  // namespace

LiveScan::LiveScan(Parts parts, const Config::Scan& config, const Clock& clock)
    : parts_(std::move(parts)), config_(config), clock_(clock) {
  completed_ns_ = scanned_at(parts_.data).ns;
}

void LiveScan::start() {
  thread_ = std::thread([this] { run(); });
}

void LiveScan::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  bell_.ring();
  thread_.join();
}

Result<void> LiveScan::ask(uint64_t rate_bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (asked_ || stage_ == Stage::running)
      return spate::stop("scan_conflict", "stored rows and views are being scanned already");
    asked_ = true;
    rate_bytes_ = rate_bytes;
    stage_ = Stage::running;
    began_ns_ = clock_.monotonic_ns();
  }
  bell_.ring();
  return {};
}

void LiveScan::run() {
  pthread_setname_np(pthread_self(), "scan");
  go_behind();
  while (!stopping_) {
    if (is_due()) scan();
    else bell_.wait(idle_ns);
  }
}

/// A clock that was set back must not put it off for ever.
bool LiveScan::is_due() {
  {
    const std::lock_guard lock(mutex_);
    if (asked_) return true;
  }
  if (config_.interval_ms == 0 || clock_.monotonic_ns() < not_before_ns_) return false;
  const int64_t now = clock_.wall().ns, completed = completed_ns_;
  const bool is_old = completed > now || now - completed >= config_.interval_ms * 1'000'000;
  return is_old && !parts_.log->storage_full() && parts_.may_begin();
}

void LiveScan::scan() {
  uint64_t rate = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!asked_) began_ns_ = clock_.monotonic_ns();
    rate = std::exchange(rate_bytes_, 0);
    asked_ = false;
    stage_ = Stage::running;
    report_ = {};
    reason_.clear();
    bytes_before_ = read_bytes_.get();
  }
  Pace rests = at_rate(clock_, rate == 0 ? config_.rate_bytes_max : rate, stopping_);
  StoreScan scan(parts_.log->topology(), [this, rests = std::move(rests)](uint64_t bytes) {
    read_bytes_.add(bytes);
    return rests(bytes);
  });
  const Result<void> result = pass(scan);
  if (!stopping_) ended(scan, result);
}

/// On a full disk it would wait for room where nobody could end it.
Result<void> LiveScan::pass(StoreScan& scan) {
  if (parts_.log->storage_full())
    return spate::stop("storage_full", "the disk is full: make room, then ask again");
  const ScratchFolder folder(scan_folder(parts_.data));
  TRY(look_at_rows(scan, folder.path() + "/rows"));
  for (const uint32_t generation : parts_.views->numbers())
    TRY(look_at_views(scan, generation, folder.path() + "/views"));
  return {};
}

/// What decisions rest on is wrong: nothing more may be decided here, now or after a start.
Result<void> LiveScan::look_at_rows(StoreScan& scan, const std::string& folder) {
  TRY(parts_.rows->snapshot(folder));
  TRY(scan.rows(folder));
  std::error_code ignored;  // the folder around it is removed in the end
  std::filesystem::remove_all(folder, ignored);
  rows_differ_ = scan.report().findings.size();
  if (scan.report().findings.empty()) return {};
  const std::string rows = parts_.data + "/rows";
  std::string what;
  for (const ScanFinding& finding : scan.report().findings) {
    const auto marked = parts_.marks->add(
        rows, {name_of(finding.partition), finding.partition.index, finding.text});
    if (!marked) parts_.tell(marked.error().detail);
    if (what.empty()) what = finding.text;
    else parts_.tell(finding.text);
  }
  return spate::stop("state_differs", what + rows_remedy(parts_.data));
}

Result<void> LiveScan::look_at_views(StoreScan& scan, uint32_t generation,
                                     const std::string& folder) {
  {
    const std::shared_ptr<Generation> held = parts_.views->held(generation);
    if (held == nullptr) return {};  // dropped meanwhile
    TRY(static_cast<RocksViews&>(*held->store).snapshot(folder));
  }
  const std::size_t before = scan.report().findings.size();
  const std::string path = folder + "/" + std::to_string(generation);
  TRY(scan.views(generation, path));
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
  const std::vector<ScanFinding>& found = scan.report().findings;
  for (std::size_t i = before; i < found.size(); ++i)
    hold_back(found[i].partition, generation, found[i].text);
  return {};
}

void LiveScan::hold_back(PartitionId id, uint32_t generation, const std::string& what) {
  const std::string domain = name_of(id);
  const std::string why = what + views_remedy(domain);
  const std::shared_ptr<Generation> held = parts_.views->held(generation);
  if (held == nullptr) return;
  const auto marked = parts_.marks->add(parts_.path_of_views(generation), {domain, id.index, why});
  if (!marked) parts_.tell(marked.error().detail);
  PartitionViews& views = held->views->partition(id);
  if (views.stopped() == why) return;  // told at an earlier scan, or at the start
  views.halt(why);
  held->views->ring();
  parts_.tell("views stopped: " + why);
}

std::string LiveScan::name_of(PartitionId id) const {
  const DomainPlace* place = find_domain(parts_.log->topology().domains(), id.domain);
  return place == nullptr ? std::to_string(id.domain) : place->name;
}

void LiveScan::ended(const StoreScan& scan, const Result<void>& result) {
  const bool differs = !scan.report().findings.empty();
  if (result) {
    completed_ns_ = clock_.wall().ns;
    views_differ_ = scan.report().findings.size();
    note_scanned(parts_.data, {completed_ns_});
  } else if (!differs) {
    failed_.add(1);
    not_before_ns_ = clock_.monotonic_ns() + again_ns;
    parts_.tell("the scan of stored rows and views could not be finished: " +
                result.error().detail);
  }
  for (const std::string& note : scan.report().notes) parts_.tell(note);
  {
    const std::lock_guard lock(mutex_);
    took_ns_ = clock_.monotonic_ns() - began_ns_;
    stage_ = differs ? Stage::differs : result ? Stage::done : Stage::failed;
    report_ = scan.report();
    if (!result) reason_ = result.error().detail;
  }
  if (!result && differs) parts_.on_fault("scan", result.error());
}

}  // namespace spate
