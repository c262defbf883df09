// File: system calls, repeated when interrupted, their errors as faults.
#include "engine/state/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace spate::state {
namespace {

tl::unexpected<Fault> failed(const std::string& what) {
  if (errno == ENOSPC || errno == EDQUOT)
    return retry("storage_full", what + ": the disk is full; it is tried again until there is room");
  return stop("file_failed", what + ": " + std::generic_category().message(errno) +
                                 "; see to the disk and its permissions, then start again");
}

Result<void> sync_directory_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("opening " + folder);
  const int result = ::fsync(fd);
  ::close(fd);
  if (result != 0) return failed("syncing " + folder);
  return {};
}

}  // namespace

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Result<File> File::open(const std::string& path) {
  File file;
  file.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.fd_ < 0 && errno == ENOENT) return stop("file_missing", path + " does not exist");
  if (file.fd_ < 0) return failed("opening " + path);
  return file;
}

Result<File> File::create(const std::string& path) {
  File file;
  file.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (file.fd_ < 0) return failed("creating " + path);
  return file;
}

Result<File> File::open_to_write(const std::string& path) {
  File file;
  file.fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file.fd_ < 0) return failed("opening " + path);
  return file;
}

Result<uint64_t> File::size() const {
  struct stat status;
  if (::fstat(fd_, &status) != 0) return failed("reading a file's size");
  return static_cast<uint64_t>(status.st_size);
}

Result<void> File::read(uint64_t at, std::span<uint8_t> into) const {
  while (!into.empty()) {
    const ssize_t n = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("reading");
    if (n == 0) return stop("file_short", "the file ends at byte " + std::to_string(at));
    into = into.subspan(static_cast<std::size_t>(n));
    at += static_cast<uint64_t>(n);
  }
  return {};
}

Result<void> File::write(uint64_t at, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("writing");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    at += static_cast<uint64_t>(n);
  }
  return {};
}

Result<void> File::sync() {
  if (::fdatasync(fd_) != 0) return failed("syncing");
  return {};
}

Result<void> publish(File& file, const std::string& from, const std::string& to) {
  TRY(file.sync());
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("renaming " + from);
  return sync_directory_of(to);
}

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return stop("file_failed", "creating " + path + ": " + error.message());
  return {};
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed("removing " + path);
  return {};
}

}  // namespace spate::state
