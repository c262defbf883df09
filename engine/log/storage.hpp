// Storage: the narrow port to the files of one directory; everything below the segment log.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/result.hpp"

namespace spate {

/// What is read or written past the page cache is whole blocks of so many.
inline constexpr std::size_t direct_bytes = 4096;

/// A read that goes on beside its reader. Once it is destroyed, nobody writes into the memory.
class ReadUnderWay {
 public:
  virtual ~ReadUnderWay() = default;
  /// Waits until it has ended and returns as `StoredFile::read` would. Once.
  virtual Result<std::size_t> wait() = 0;
};

/// Faults of this port: `storage_full` (action retry: make room, try again) and `storage_failed`
/// (action stop: after a failed write or sync nobody knows what the disk holds).
class StoredFile {
 public:
  virtual ~StoredFile() = default;
  /// Fills `into` from `offset` on; returns fewer bytes at the end of the file only. Any thread.
  virtual Result<std::size_t> read(uint64_t offset, std::span<uint8_t> into) = 0;
  /// The same for who reads much, once: past the page cache and beside the caller, where that can
  /// be; else `wait` does it. Requires: offset, size and memory are multiples of `direct_bytes`;
  /// file and memory outlive the read. Any thread.
  virtual std::unique_ptr<ReadUnderWay> begin_read(uint64_t offset, std::span<uint8_t> into);
  /// All of `bytes`, or a fault after which any part of them may be there.
  virtual Result<void> write(uint64_t offset, Bytes bytes) = 0;
  virtual Result<uint64_t> size() = 0;
  virtual Result<void> truncate(uint64_t size) = 0;

  /// Begins to make durable what was written before. Requires: none under way on this file.
  virtual void submit_sync() = 0;
  /// How it ended, once; none while it is under way (K1). Never ask again after a fault: the next
  /// sync may succeed without having written what this one lost.
  virtual std::optional<Result<void>> sync_result() = 0;

  /// The two in one, for those who may wait.
  Result<void> sync() {
    submit_sync();
    for (;;)
      if (auto result = sync_result()) return std::move(*result);
  }
};

inline std::unique_ptr<ReadUnderWay> StoredFile::begin_read(uint64_t offset,
                                                            std::span<uint8_t> into) {
  class Later final : public ReadUnderWay {
   public:
    Later(StoredFile& file, uint64_t offset, std::span<uint8_t> into)
        : file_(file), offset_(offset), into_(into) {}
    Result<std::size_t> wait() override { return file_.read(offset_, into_); }

   private:
    StoredFile& file_;
    const uint64_t offset_;
    const std::span<uint8_t> into_;
  };
  return std::make_unique<Later>(*this, offset, into);
}

/// Held for as long as nobody else may write to the directory.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

enum class OpenMode : uint8_t {
  read,
  write,   ///< an existing file, to read and write
  create,  ///< a file that must not exist yet
};

class Storage {
 public:
  virtual ~Storage() = default;
  /// Messages name files by it.
  virtual const std::string& directory() const = 0;
  /// Fault `log_in_use` names the process that holds it.
  virtual Result<std::unique_ptr<DirectoryLock>> lock() = 0;
  virtual Result<std::unique_ptr<StoredFile>> open(std::string_view name, OpenMode mode) = 0;
  /// Names of all files, sorted.
  virtual Result<std::vector<std::string>> list() = 0;
  virtual Result<void> remove(std::string_view name) = 0;
  /// Makes creations and removals durable.
  virtual Result<void> sync_directory() = 0;
  virtual Result<uint64_t> free_bytes() = 0;
};

}  // namespace spate
