// Files of snapshots: linked, copied, hashed; folders that appear whole.
#pragma once
#include <string>

#include "engine/base/pace.hpp"
#include "engine/snapshots/snapshot.hpp"
#include "engine/state/file.hpp"

namespace spate {

/// All of it, or its first `bytes_max` bytes. Faults: of the disk; `cancelled`.
Result<SnapshotFile> hash_file(const std::string& path, const Pace& pace,
                               uint64_t bytes_max = ~uint64_t{0});
/// Appends the first `bytes` of `from` to `into`, which begins empty, and to the hash.
Result<void> copy_bytes(const std::string& from, uint64_t bytes, state::File& into,
                        HashStream& hash, const Pace& pace);
/// A copy of the whole file, durable but for its name.
Result<SnapshotFile> copy_file(const std::string& from, const std::string& to, const Pace& pace);
/// A file of `text`, durable but for its name.
Result<SnapshotFile> write_file(const std::string& path, const std::string& text);
/// A second name for the same file, and what it holds made durable. False: the file system cannot.
Result<bool> link_file(const std::string& from, const std::string& to);
/// What was read once and will not be again leaves the page cache to others.
void forget_pages(const std::string& path);

Result<uint64_t> bytes_of_file(const std::string& path);
Result<std::string> text_of_file(const std::string& path);
/// Where new files in `folder`, or in the nearest folder above it that there is, would lie.
bool on_one_disk(const std::string& file, const std::string& folder);
Result<uint64_t> free_bytes_at(const std::string& folder);
/// Fault `storage_full`, with both numbers, unless `bytes` and some are free at `folder`.
Result<void> check_room(const std::string& folder, uint64_t bytes, const std::string& what);

/// Held while one process alone may fill a folder; gone with it.
class FolderLock {
 public:
  /// Fault `target_in_use`.
  static Result<FolderLock> take(const std::string& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_;
};

Result<void> sync_folder(const std::string& path);
/// Durable, in one step; the folder `to` is missing or empty, its parent there.
Result<void> move_folder(const std::string& from, const std::string& to);
Result<void> remove_folder(const std::string& path);

}  // namespace spate
