// CheckpointSource: what a node's stores have on disk, gathered as one checkpoint to be shipped.
#pragma once
#include "engine/app/log_home.hpp"
#include "engine/replay/generations.hpp"
#include "engine/state/rocks_state.hpp"

namespace spate {

/// Where what is to be shipped is linked together, below a data directory.
std::string taken_folder(const std::string& data);
/// Of a domain's partition, below a data directory.
std::string ids_folder(const std::string& data, const std::string& domain, uint16_t index);

/// Each store is at a position of its own, which it names and which whoever opens it holds against
/// the log (C2): what is gathered need not be of one instant, and nobody waits while it is. Any one
/// thread.
class CheckpointSource {
 public:
  struct Parts {
    std::string data, node;
    LogHome* home = nullptr;
    RocksStateStores* rows = nullptr;
    Generations* views = nullptr;  ///< every store of them is a RocksViews
  };
  explicit CheckpointSource(Parts parts) : parts_(std::move(parts)) {}

  /// Into `folder`, which is empty; files are not listed yet. Faults: of the disk.
  Result<ShippedCheckpoint> take(const std::string& folder);
  /// What the format of a file of the stores can say against it.
  static Result<void> verify(const std::string& path);

 private:
  Result<void> take_views(const Generations::Serving& views, const std::string& folder) const;
  const Parts parts_;
};

}  // namespace spate
