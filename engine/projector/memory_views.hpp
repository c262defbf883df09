// MemoryViews: views in memory, for tests and simulation; a crash takes what was not flushed.
#pragma once
#include <map>
#include <mutex>
#include <vector>

#include "engine/projector/view_store.hpp"

namespace spate {

class MemoryViews final : public ViewStore {
 public:
  Result<std::optional<Checkpoint>> checkpoint(PartitionId partition) override;
  Result<bool> get(std::string_view key, std::string& value) override;
  std::unique_ptr<ViewCursor> scan(const KeyRange& range) override;
  std::unique_ptr<ViewSnapshot> snapshot() override;
  Result<void> write(PartitionId partition, std::span<const ViewWrite> views,
                     const Checkpoint& at) override;
  Result<void> flush() override;
  Result<void> clear(PartitionId partition) override;
  Result<Step> tend() override { return Step::idle; }

  /// Writes since the last flush.
  std::size_t unflushed() const;
  /// A crash: of those, the first `kept` survive (C1: a crash leaves a prefix).
  void crash(std::size_t kept);

 private:
  class Cursor;
  class Snapshot;
  struct Undo {  // what a write replaced
    PartitionId partition;
    std::optional<Checkpoint> checkpoint;
    std::vector<std::pair<std::string, std::optional<std::string>>> values;
  };
  void set(std::string_view key, Bytes value, Undo& undo);

  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> views_;
  std::map<PartitionId, Checkpoint> checkpoints_;
  std::vector<Undo> undo_;
};

}  // namespace spate
