// DirectoryDepot: a depot in a directory that the nodes share: a disk, NFS, a mounted bucket.
#pragma once
#include "engine/shipping/depot.hpp"

namespace spate {

/// Objects are written as drafts, synced, and renamed. It must be a file system on which a rename
/// within a directory is atomic; nothing is locked.
class DirectoryDepot final : public Depot {
 public:
  explicit DirectoryDepot(std::string directory) : directory_(std::move(directory)) {}

  std::string name() const override { return directory_; }
  Result<std::vector<Object>> list(const std::string& folder) override;
  Result<std::unique_ptr<Writer>> write(const std::string& name) override;
  Result<std::unique_ptr<Reader>> read(const std::string& name) override;
  Result<void> remove(const std::string& name) override;
  Result<bool> renew(const std::string& name, uint64_t bytes) override;

 private:
  std::string path_of(const std::string& name) const { return directory_ + "/" + name; }

  const std::string directory_;
};

}  // namespace spate
