// SnapshotFolder: a directory of snapshots: which there are, and how a new one becomes whole.
#pragma once
#include <memory>
#include <optional>

#include "engine/log/posix_storage.hpp"
#include "engine/snapshots/files.hpp"

namespace spate {

struct ListedSnapshot {
  std::string name;
  std::optional<Snapshot> whole;  ///< none: `why_not` says what is wrong
  std::string why_not;
};

/// Every snapshot below `folder`, the oldest first, those that are not whole behind the others.
/// Whole: its file says what there is, and each file has its size; hashes are not read. Faults:
/// `no_snapshots` when there is no such folder; of the disk.
Result<std::vector<ListedSnapshot>> list_snapshots(const std::string& folder);

/// The one of that name, or the newest whole one when it is empty. Faults: `no_snapshots`,
/// `unknown_snapshot`; `snapshot_damaged`, `snapshot_format` of the one that was named.
Result<ListedSnapshot> find_snapshot(const std::string& folder, const std::string& name);

/// A snapshot that is being made: nobody takes it for a whole one before `finish`.
class SnapshotDraft {
 public:
  /// Locks the folder (made when missing, not its parents), removes what was begun there and never
  /// finished, makes an empty snapshot. An empty name: by the time. Faults: `usage` (the name),
  /// `snapshot_exists`, `log_in_use` (another one is being made there); of the disk.
  static Result<std::unique_ptr<SnapshotDraft>> begin(const std::string& folder,
                                                      const std::string& name, Instant now);
  /// Removes what was not finished.
  ~SnapshotDraft();

  const std::string& name() const { return name_; }
  /// Where its files are put; `log` and `schemas` are there.
  const std::string& path() const { return path_; }
  /// Makes it whole, durably.
  Result<void> finish(const Snapshot& snapshot);

 private:
  SnapshotDraft(std::string folder, std::string name);
  std::string folder_, name_, path_;
  std::unique_ptr<PosixStorage> storage_;
  std::unique_ptr<DirectoryLock> lock_;
  bool finished_ = false;
};

}  // namespace spate
