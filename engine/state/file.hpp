// File: a file descriptor, and whole files that appear under their name complete or not at all.
#pragma once
#include <string>

#include "engine/base/bytes.hpp"
#include "engine/base/result.hpp"

namespace spate::state {

class File {
 public:
  File() = default;
  ~File();
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  /// Faults name the path and the system's reason: `file_failed`; `file_missing` from `open`.
  static Result<File> open(const std::string& path);
  static Result<File> create(const std::string& path);
  /// Of a file that exists: what it holds stays.
  static Result<File> open_to_write(const std::string& path);
  bool is_open() const { return fd_ >= 0; }
  Result<uint64_t> size() const;
  /// All of `into`, or a fault (`file_short` when the file ends before).
  Result<void> read(uint64_t at, std::span<uint8_t> into) const;
  Result<void> write(uint64_t at, Bytes bytes);
  Result<void> sync();

 private:
  int fd_ = -1;
};

/// Syncs `file`, renames `from` to `to` and syncs the directory.
Result<void> publish(File& file, const std::string& from, const std::string& to);
Result<void> make_directory(const std::string& path);
Result<void> remove_file(const std::string& path);

}  // namespace spate::state
