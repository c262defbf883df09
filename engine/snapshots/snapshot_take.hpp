// Taking a snapshot: every segment of a log up to one group, linked where it can be.
#pragma once
#include <atomic>

#include "engine/snapshots/snapshot_folder.hpp"

namespace spate {

/// How far it is, for whoever looks meanwhile.
struct SnapshotProgress {
  std::atomic<uint64_t> bytes{0};     ///< read or written so far
  std::atomic<uint64_t> bytes_of{0};  ///< that will be, about
};

struct SnapshotOrder {
  std::string data;    ///< of the server: log/ and schemas/ lie below it
  SegmentEnd end;      ///< what is durable, or more of it
  Instant now;
  std::string folder;  ///< of snapshots
  std::string name;    ///< empty: by the time
  uint64_t keep_free_bytes = 0;  ///< besides what it takes, on the disk of `folder`
  Pace pace;
  SnapshotProgress* progress = nullptr;
};

struct TakenSnapshot {
  std::string name, path;
  Snapshot snapshot;
  uint64_t reused_bytes = 0;  ///< of files that an earlier snapshot has, too
  uint64_t linked_bytes = 0;  ///< of the log's own files
  uint64_t copied_bytes = 0;
};

/// All that lies before `end`, of all partitions: one point of the log's one order. Reads what no
/// earlier snapshot of the folder has, checks it, and changes nothing in `data`; may run beside the
/// server. Faults: `no_log`, `log_moved`, `log_rot`, `snapshot_foreign` (the folder is another
/// log's), `storage_full`, `cancelled`; of SnapshotDraft. Nothing is left then.
Result<TakenSnapshot> take_snapshot(const SnapshotOrder& order);

}  // namespace spate
