// System calls and their errors as faults; what was read leaves the page cache to those who serve.
#include "engine/snapshots/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace spate {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t copy_piece_bytes = 128 << 10;
constexpr uint64_t sync_every_bytes = 8 << 20;  // so that no sync has much to write at once
constexpr uint64_t spare_bytes = 16 << 20;

tl::unexpected<Fault> failed(const std::string& what, int error) {
  const std::string detail = what + ": " + std::generic_category().message(error);
  if (error == ENOSPC || error == EDQUOT) return retry("storage_full", detail + "; make room");
  return stop("file_failed", detail + "; see to the disk and its permissions");
}

fs::path nearest_folder(fs::path path) {
  std::error_code ignored;
  path = fs::absolute(path, ignored);
  while (!fs::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

/// Calls `take` with pieces of the first `bytes` of a file.
template <class Take>
Result<void> each_piece(const std::string& path, uint64_t bytes, const Pace& pace, Take&& take) {
  TRY(const state::File file, state::File::open(path));
  ByteBuffer piece;
  for (uint64_t at = 0; at < bytes;) {
    piece.clear();
    const std::size_t n = std::min<uint64_t>(copy_piece_bytes, bytes - at);
    TRY(file.read(at, {piece.grow(n), n}));
    TRY(take(at, Bytes(piece)));
    at += n;
    TRY(keep_pace(pace, n));
  }
  return {};
}

}  // namespace

Result<SnapshotFile> hash_file(const std::string& path, const Pace& pace, uint64_t bytes_max) {
  TRY(const uint64_t size, bytes_of_file(path));
  SnapshotFile hashed{std::min(size, bytes_max), {}};
  HashStream hash;
  TRY(each_piece(path, hashed.bytes, pace, [&](uint64_t, Bytes piece) -> Result<void> {
    hash.add(piece);
    return {};
  }));
  hashed.hash = hash.end();
  return hashed;
}

Result<void> copy_bytes(const std::string& from, uint64_t bytes, state::File& into,
                        HashStream& hash, const Pace& pace) {
  uint64_t unsynced = 0;
  return each_piece(from, bytes, pace, [&](uint64_t at, Bytes piece) -> Result<void> {
    hash.add(piece);
    TRY(into.write(at, piece));
    unsynced += piece.size();
    if (unsynced < sync_every_bytes) return {};
    unsynced = 0;
    return into.sync();
  });
}

Result<SnapshotFile> copy_file(const std::string& from, const std::string& to, const Pace& pace) {
  TRY(const uint64_t bytes, bytes_of_file(from));
  TRY(state::File into, state::File::create(to));
  HashStream hash;
  TRY(copy_bytes(from, bytes, into, hash, pace));
  TRY(into.sync());
  forget_pages(to);
  return SnapshotFile{bytes, hash.end()};
}

Result<SnapshotFile> write_file(const std::string& path, const std::string& text) {
  TRY(state::File file, state::File::create(path));
  TRY(file.write(0, as_bytes(text)));
  TRY(file.sync());
  HashStream hash;
  hash.add(as_bytes(text));
  return SnapshotFile{text.size(), hash.end()};
}

Result<bool> link_file(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) != 0) {
    const int error = errno;
    const bool cannot = error == EXDEV || error == EPERM || error == EMLINK ||
                        error == EOPNOTSUPP || error == ENOSYS;
    if (cannot) return false;
    return failed("linking " + from + " to " + to, error);
  }
  const int fd = ::open(to.c_str(), O_RDONLY | O_CLOEXEC);
  const int synced = fd < 0 ? -1 : ::fsync(fd);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (synced != 0) return failed("syncing " + to, error);
  return true;
}

void forget_pages(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
}

Result<uint64_t> bytes_of_file(const std::string& path) {
  std::error_code error;
  const uint64_t bytes = fs::file_size(path, error);
  if (error) return failed("looking at " + path, error.value());
  return bytes;
}

Result<std::string> text_of_file(const std::string& path) {
  TRY(const state::File file, state::File::open(path));
  TRY(const uint64_t size, file.size());
  std::string text(size, '\0');
  TRY(file.read(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  return text;
}

bool on_one_disk(const std::string& file, const std::string& folder) {
  struct stat a, b;
  return ::stat(file.c_str(), &a) == 0 && ::stat(nearest_folder(folder).c_str(), &b) == 0 &&
         a.st_dev == b.st_dev;
}

Result<uint64_t> free_bytes_at(const std::string& folder) {
  std::error_code error;
  const fs::path there = nearest_folder(folder);
  const fs::space_info space = fs::space(there, error);
  if (error) return failed("looking at the disk of " + there.string(), error.value());
  return uint64_t{space.available};
}

Result<void> check_room(const std::string& folder, uint64_t bytes, const std::string& what) {
  TRY(const uint64_t free, free_bytes_at(folder));
  if (free >= bytes + spare_bytes) return {};
  return retry("storage_full", folder + ": " + what + " takes " +
                                   std::to_string((bytes + spare_bytes) >> 20) + " MiB, " +
                                   std::to_string(free >> 20) +
                                   " MiB are free: make room or choose another disk; nothing was "
                                   "written");
}

Result<FolderLock> FolderLock::take(const std::string& folder) {
  FolderLock lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.fd_ < 0) return failed("opening " + folder, errno);
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0)
    return stop("target_in_use", "another process is filling " + folder + ": wait for it");
  return lock;
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int synced = fd < 0 ? -1 : ::fsync(fd);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (synced != 0) return failed("syncing the folder " + path, error);
  return {};
}

Result<void> move_folder(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return failed("renaming " + from + " to " + to, errno);
  TRY(sync_folder(fs::path(from).parent_path().string()));
  return sync_folder(fs::path(to).parent_path().string());
}

Result<void> remove_folder(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return failed("removing " + path, error.value());
  return {};
}

}  // namespace spate
