// PosixStorage: the storage port on a directory of this machine; a sync is done where it is
// submitted.
#pragma once
#include "engine/log/storage.hpp"

namespace spate {

class PosixStorage final : public Storage {
 public:
  /// Makes the directory (not its parents) when it is missing.
  static Result<std::unique_ptr<PosixStorage>> at(std::string directory);
  ~PosixStorage() override;

  const std::string& directory() const override { return directory_; }
  Result<std::unique_ptr<DirectoryLock>> lock() override;
  Result<std::unique_ptr<StoredFile>> open(std::string_view name, OpenMode mode) override;
  Result<std::vector<std::string>> list() override;
  Result<void> remove(std::string_view name) override;
  Result<void> sync_directory() override;
  Result<uint64_t> free_bytes() override;

 private:
  PosixStorage(std::string directory, int fd) : directory_(std::move(directory)), fd_(fd) {}
  std::string directory_;
  int fd_;
};

}  // namespace spate
