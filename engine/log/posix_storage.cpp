// open, pread, pwrite, fdatasync, flock; each error becomes a fault that names the file.
#include "engine/log/posix_storage.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "engine/log/kernel_read.hpp"

namespace spate {
namespace {

constexpr int dying_us = 20'000, dying_tries_max = 250;

tl::unexpected<Fault> failed(std::string_view what, const std::string& path) {
  const int error = errno;
  std::string detail = std::string(what) + " " + path + ": " + std::strerror(error);
  if (error == ENOSPC || error == EDQUOT) return retry("storage_full", detail + ": make room");
  if (error == EACCES || error == EPERM || error == EROFS)
    detail += ": give this user read and write permission on it";
  return stop("storage_failed", detail);
}

/// Whole blocks are written past the page cache where the file system can: filling a segment costs
/// a tenth of the CPU then, and what was just written is read from memory anyway.
constexpr std::size_t aligned_bytes_max = 1 << 20;

bool is_whole_blocks(uint64_t offset, Bytes bytes) {
  return (offset | bytes.size()) % direct_bytes == 0;
}

/// Memory that a direct write may start at, kept for the next one.
class AlignedCopy {
 public:
  const uint8_t* of(Bytes bytes) {
    if (reinterpret_cast<uintptr_t>(bytes.data()) % direct_bytes == 0) return bytes.data();
    if (bytes.size() > room_) {
      memory_.reset(static_cast<uint8_t*>(std::aligned_alloc(direct_bytes, bytes.size())));
      ENSURE(memory_ != nullptr);
      room_ = bytes.size();
    }
    std::memcpy(memory_.get(), bytes.data(), bytes.size());
    return memory_.get();
  }

 private:
  struct Free {
    void operator()(uint8_t* memory) const { std::free(memory); }
  };
  std::unique_ptr<uint8_t, Free> memory_;
  std::size_t room_ = 0;
};

class PosixFile final : public StoredFile {
 public:
  /// `direct_fd`: the same file opened with O_DIRECT; -1 when it cannot be.
  PosixFile(std::string path, int fd, int direct_fd)
      : path_(std::move(path)), fd_(fd), direct_fd_(direct_fd) {}
  ~PosixFile() override {
    ::close(fd_);
    if (direct_fd_ >= 0) ::close(direct_fd_);
  }

  Result<std::size_t> read(uint64_t offset, std::span<uint8_t> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t n =
          ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("cannot read", path_);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  std::unique_ptr<ReadUnderWay> begin_read(uint64_t offset, std::span<uint8_t> into) override {
    if (direct_fd_ >= 0)
      if (auto begun = KernelRead::begin(*this, direct_fd_, offset, into)) return begun;
    return StoredFile::begin_read(offset, into);
  }

  Result<void> write(uint64_t offset, Bytes bytes) override {
    while (!bytes.empty()) {
      const bool direct = direct_fd_ >= 0 && is_whole_blocks(offset, bytes);
      const ssize_t n = direct ? write_direct(offset, bytes)
                               : ::pwrite(fd_, bytes.data(), bytes.size(),
                                          static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EINVAL && direct) {  // blocks of another size: by way of the page cache
        ::close(std::exchange(direct_fd_, -1));
        continue;
      }
      if (n < 0) return failed("cannot write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
    return {};
  }

  Result<uint64_t> size() override {
    struct stat status;
    if (::fstat(fd_, &status) != 0) return failed("cannot look at", path_);
    return static_cast<uint64_t>(status.st_size);
  }

  Result<void> truncate(uint64_t size) override {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return failed("cannot cut", path_);
    return {};
  }

  void submit_sync() override {
    // An interrupted fdatasync is not repeated: an error it met may be reported only once.
    if (::fdatasync(fd_) != 0) {
      Fault fault = failed("cannot sync", path_).value();
      fault.action = FaultAction::stop;  // also for want of room: what was written is lost
      result_ = Result<void>(tl::unexpected<Fault>(std::move(fault)));
    } else {
      result_ = Result<void>();
    }
  }
  std::optional<Result<void>> sync_result() override {
    return std::exchange(result_, std::nullopt);
  }

 private:
  ssize_t write_direct(uint64_t offset, Bytes bytes) {
    bytes = bytes.first(std::min(bytes.size(), aligned_bytes_max));
    return ::pwrite(direct_fd_, aligned_.of(bytes), bytes.size(), static_cast<off_t>(offset));
  }

  const std::string path_;
  const int fd_;
  int direct_fd_;
  AlignedCopy aligned_;
  std::optional<Result<void>> result_;
};

std::string content_of(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char text[4096];
  const ssize_t n = ::read(fd, text, sizeof text);
  ::close(fd);
  return {text, n > 0 ? static_cast<std::size_t>(n) : 0};
}

/// Killed, and not gone yet: a large process takes a moment to give its files back.
bool is_dying(const std::string& pid) {
  const std::string status = content_of("/proc/" + pid + "/status");
  if (status.empty() || status.find("\nState:\tZ") != std::string::npos) return true;
  for (const char* pending : {"\nSigPnd:\t", "\nShdPnd:\t"}) {
    const std::size_t at = status.find(pending);
    if (at == std::string::npos) continue;
    const uint64_t signals = std::strtoull(status.c_str() + at + 9, nullptr, 16);
    if ((signals >> (SIGKILL - 1) & 1) != 0) return true;
  }
  return false;
}

class PosixLock final : public DirectoryLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}
  ~PosixLock() override { ::close(fd_); }

 private:
  const int fd_;
};

}  // namespace

Result<std::unique_ptr<PosixStorage>> PosixStorage::at(std::string directory) {
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return failed("cannot make the directory", directory);
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("cannot open the directory", directory);
  return std::unique_ptr<PosixStorage>(new PosixStorage(std::move(directory), fd));
}

PosixStorage::~PosixStorage() { ::close(fd_); }

Result<std::unique_ptr<DirectoryLock>> PosixStorage::lock() {
  const std::string path = directory_ + "/LOCK";
  const int fd = ::openat(fd_, "LOCK", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return failed("cannot open", path);
  for (int tries = 0; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++tries) {
    const bool held = errno == EWOULDBLOCK;
    char pid[32] = {};
    const ssize_t n = held ? ::pread(fd, pid, sizeof pid - 1, 0) : 0;
    if (n > 0 && tries < dying_tries_max && is_dying(pid)) {
      ::usleep(dying_us);
      continue;
    }
    ::close(fd);
    if (!held) return failed("cannot lock", path);
    return stop("log_in_use", "process " + std::string(n > 0 ? pid : "?") + " is using " +
                                  directory_ + ": stop it first, or use another directory");
  }
  const std::string text = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    if (errno != ENOSPC) {  // a full disk serves reads (B5); the lock holds without the number
      auto fault = failed("cannot write", path);
      ::close(fd);
      return fault;
    }
  }
  return std::unique_ptr<DirectoryLock>(new PosixLock(fd));
}

Result<std::unique_ptr<StoredFile>> PosixStorage::open(std::string_view name, OpenMode mode) {
  int flags = O_CLOEXEC | (mode == OpenMode::read ? O_RDONLY : O_RDWR);
  if (mode == OpenMode::create) flags |= O_CREAT | O_EXCL;
  const int fd = ::openat(fd_, std::string(name).c_str(), flags, 0644);
  std::string path = directory_ + "/" + std::string(name);
  if (fd < 0) return failed("cannot open", path);
  const int direct_fd = ::openat(fd_, std::string(name).c_str(),
                                 (flags & ~(O_CREAT | O_EXCL)) | O_DIRECT);
  return std::unique_ptr<StoredFile>(new PosixFile(std::move(path), fd, direct_fd));
}

Result<std::vector<std::string>> PosixStorage::list() {
  DIR* directory = ::opendir(directory_.c_str());
  if (directory == nullptr) return failed("cannot list", directory_);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  ::closedir(directory);
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> PosixStorage::remove(std::string_view name) {
  if (::unlinkat(fd_, std::string(name).c_str(), 0) != 0)
    return failed("cannot remove", directory_ + "/" + std::string(name));
  return {};
}

Result<void> PosixStorage::sync_directory() {
  if (::fsync(fd_) != 0) return failed("cannot sync the directory", directory_);
  return {};
}

Result<uint64_t> PosixStorage::free_bytes() {
  struct statvfs status;
  if (::fstatvfs(fd_, &status) != 0) return failed("cannot look at the disk of", directory_);
  return uint64_t{status.f_bavail} * status.f_frsize;
}

}  // namespace spate
