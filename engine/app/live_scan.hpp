// LiveScan: scans of a running server's stores, in the background, behind all other threads.
#pragma once
#include <atomic>
#include <mutex>
#include <thread>

#include "engine/app/config.hpp"
#include "engine/app/differs_mark.hpp"
#include "engine/app/store_scan.hpp"
#include "engine/base/bell.hpp"
#include "engine/base/counter.hpp"
#include "engine/base/json_writer.hpp"
#include "engine/log/log.hpp"
#include "engine/replay/generations.hpp"
#include "engine/state/rocks_state.hpp"
#include "engine/telemetry/metrics.hpp"

namespace spate {

/// Each store is linked as it is (a prefix of its batches, at one position a partition), and the
/// copy is read at its leisure: nobody waits for it. Rows that differ end the process, views that
/// differ are held back; both are marked where they lie. Life: construct, start, stop (or destroy).
class LiveScan {
 public:
  struct Parts {
    std::string data;
    const Log* log = nullptr;
    RocksStateStores* rows = nullptr;
    Generations* views = nullptr;  ///< every store of them is a RocksViews
    DiffersMarks* marks = nullptr;
    std::function<std::string(uint32_t generation)> path_of_views;
    std::function<bool()> may_begin;  ///< by itself; whoever asks need not wait
    std::function<void(const std::string&)> tell;
    std::function<void(const std::string& thread, const Fault&)> on_fault;
  };
  LiveScan(Parts parts, const Config::Scan& config, const Clock& clock);
  ~LiveScan() { stop(); }

  void start();
  /// Returns when the thread has ended; a scan under way is given up.
  void stop();

  /// Begins one now. `rate_bytes`: a second; 0: as configured. Fault `scan_conflict`. Any thread.
  Result<void> ask(uint64_t rate_bytes = 0);
  /// Somebody says that views are wrong: they serve as they are, now and after a start. `what`: not
  /// what to do. Any thread.
  void hold_back(PartitionId id, uint32_t generation, const std::string& what);
  /// `stage` none, running, done, differs or failed, and what was found, as JSON. Any thread.
  std::string status() const;
  /// Any thread.
  void add_metrics(std::vector<Sample>& out) const;

 private:
  enum class Stage : uint8_t { none, running, done, differs, failed };
  void run();
  bool is_due();
  void scan();
  Result<void> pass(StoreScan& scan);
  Result<void> look_at_rows(StoreScan& scan, const std::string& folder);
  Result<void> look_at_views(StoreScan& scan, uint32_t generation, const std::string& folder);
  std::string name_of(PartitionId id) const;
  void ended(const StoreScan& scan, const Result<void>& result);

  const Parts parts_;
  const Config::Scan config_;
  const Clock& clock_;
  ThreadBell bell_;
  std::atomic<bool> stopping_{false};
  std::atomic<int64_t> completed_ns_{0};  // wall time; 0: never
  Counter read_bytes_, failed_;           // of the scan's thread
  std::atomic<uint64_t> rows_differ_{0}, views_differ_{0};
  int64_t not_before_ns_ = 0;             // of the scan's thread; monotonic

  mutable std::mutex mutex_;  // held for a look or a change of what follows
  Stage stage_ = Stage::none;
  bool asked_ = false;
  uint64_t rate_bytes_ = 0;
  int64_t began_ns_ = 0, took_ns_ = 0;
  uint64_t bytes_before_ = 0;
  ScanReport report_;
  std::string reason_;
  std::thread thread_;
};

/// What was found, as members of an object.
void write_scan(const ScanReport& report, JsonWriter& out);

}  // namespace spate
