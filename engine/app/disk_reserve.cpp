// statvfs decides; the reserve has real blocks.
#include "engine/app/disk_reserve.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace spate {
namespace {

uint64_t free_bytes(const std::string& directory) {
  struct statvfs status;
  if (::statvfs(directory.c_str(), &status) != 0) return 0;
  return uint64_t{status.f_bavail} * status.f_frsize;
}

/// One that cannot be made is done without: it is a comfort for a bad day.
void make_reserve(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd < 0) return;
  const bool made = ::posix_fallocate(fd, 0, static_cast<off_t>(disk_reserve_bytes)) == 0;
  ::close(fd);
  if (!made) ::unlink(path.c_str());
}

}  // namespace

Result<void> keep_disk_reserve(const std::string& directory, uint64_t free_bytes_min) {
  const std::string path = directory + "/reserve";
  if (free_bytes(directory) > free_bytes_min + disk_reserve_bytes) {
    if (::access(path.c_str(), F_OK) != 0) make_reserve(path);
    return {};
  }
  if (free_bytes(directory) < disk_reserve_bytes) ::unlink(path.c_str());
  if (free_bytes(directory) >= start_bytes_min) return {};
  return retry("storage_full", directory + ": the disk is full; make room for " +
                                   std::to_string(start_bytes_min >> 20) +
                                   " MiB to read, for more to take commands");
}

}  // namespace spate
