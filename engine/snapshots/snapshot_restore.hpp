// Restoring a snapshot: a data directory that a server can start on, whole or not at all.
#pragma once
#include "engine/snapshots/log_cut.hpp"
#include "engine/snapshots/snapshot_folder.hpp"

namespace spate {

/// Of the log's bytes: read to find the point, then read and linked or copied.
struct RestoreProgress {
  enum class Step : uint8_t { searching, restoring } step = Step::searching;
  uint64_t bytes = 0, of = 0;
};

struct RestoreOrder {
  std::string folder;         ///< of snapshots
  std::string name;           ///< empty: the newest whole one
  std::string data;           ///< missing or empty, or left by a restore that was cut short
  std::optional<CutPoint> until;
  uint64_t incarnation = 0;   ///< of the restored log's life: not that of any before
  std::function<void(const RestoreProgress&)> progress = {};  ///< often; may be empty
};

struct RestoredSnapshot {
  std::string name;
  Instant taken;
  uint64_t linked_bytes = 0, copied_bytes = 0;
  uint64_t outcomes = 0;      ///< that the first start folds
  LogCut cut;                 ///< of `until`
};

/// Every file is read and compared with its hash on the way. The restored log begins a new life
/// (A5): positions and cursors of the old one are refused, ids are folded again. Faults, nothing
/// written: those of find_snapshot and find_cut, `target_not_empty`, `storage_full` with the
/// number. Later ones leave nothing behind: `snapshot_damaged`, of the disk.
Result<RestoredSnapshot> restore_snapshot(const RestoreOrder& order);

/// Fault `restore_unfinished`: a restore into this data directory was cut short, and what lies
/// there must not be served.
Result<void> check_restored(const std::string& data);

}  // namespace spate
