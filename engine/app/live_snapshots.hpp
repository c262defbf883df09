// LiveSnapshots: snapshots of a running server's log, one at a time, behind all other threads.
#pragma once
#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "engine/app/engine.hpp"
#include "engine/snapshots/snapshot_take.hpp"

namespace spate {

struct SnapshotWish {
  std::string folder;  ///< of snapshots, as the server sees it
  std::string name;    ///< empty: by the time
  uint64_t rate_bytes = uint64_t{4} << 20;  ///< a second, at most, read or written
};

/// The engine outlives it.
class LiveSnapshots {
 public:
  LiveSnapshots(Engine& engine, const Config& config, const Clock& clock)
      : engine_(engine), config_(config), clock_(clock) {}
  ~LiveSnapshots();

  /// Begins one that has all that was acknowledged before this call. Any thread. Faults:
  /// `snapshot_conflict` (one is being taken), `snapshot_elsewhere` (the log is Kafka's).
  Result<void> take(SnapshotWish wish);
  /// `stage` none, running, done or failed, and how far, as JSON. Any thread.
  std::string status() const;

 private:
  enum class Stage : uint8_t { none, running, done, failed };
  void run(const SnapshotWish& wish, const SegmentEnd& end);

  Engine& engine_;
  const Config& config_;
  const Clock& clock_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;  // held for a look or a change of what follows
  Stage stage_ = Stage::none;
  SnapshotWish wish_;
  int64_t began_ns_ = 0, took_ns_ = 0;
  std::optional<TakenSnapshot> taken_;
  std::optional<Fault> fault_;
  SnapshotProgress progress_;
  std::thread thread_;
};

/// What `create` tells of a snapshot that was taken, as members of an object.
void write_taken(const TakenSnapshot& taken, JsonWriter& out);

}  // namespace spate
