// RocksViews: the view store in RocksDB, one for all partitions and domains.
#pragma once
#include "engine/projector/view_store.hpp"

namespace spate {

struct RocksViewsLimits {
  std::size_t block_cache_bytes = 64 << 20;
  std::size_t write_buffer_bytes = 64 << 20;
  std::size_t filter_bytes = 64 << 20;  ///< of this and all that share its block cache
  bool waits_for_room = false;  ///< a full disk makes writes wait, not abort
  bool compacts_later = false;  ///< not before `compact`
  std::size_t run_bytes_min = 16 << 20;  ///< a batch as large is a RocksRun
};

class RocksViews;

/// Which of the stores below a directory, and with whom it shares block cache and filter room, if
/// with anybody.
struct RocksGeneration {
  uint32_t number = 1;
  const RocksViews* cache_of = nullptr;
};

/// One column family, no WAL, one WriteBatch or RocksRun a checkpoint: a crash leaves a prefix of a
/// partition's writes (C1). It lies below DIRECTORY/<generation>/: a rebuild fills another one
/// beside it.
class RocksViews final : public ViewStore {
 public:
  /// Creates what is missing. A store that is rotten is deleted, it will be folded again; `note`
  /// then says so. Faults: `views_unavailable`, with the path and what the system said.
  static Result<std::unique_ptr<RocksViews>> open(const std::string& directory,
                                                  RocksViewsLimits limits,
                                                  RocksGeneration generation = {});
  ~RocksViews() override;

  const std::string& note() const { return note_; }

  Result<std::optional<Checkpoint>> checkpoint(PartitionId partition) override;
  Result<bool> get(std::string_view key, std::string& value) override;
  void prefetch(uint64_t hash) const override;
  std::unique_ptr<ViewCursor> scan(const KeyRange& range) override;
  std::unique_ptr<ViewSnapshot> snapshot() override;
  Result<void> write(PartitionId partition, std::span<const ViewWrite> views,
                     const Checkpoint& at) override;
  Result<void> flush() override;
  Result<void> clear(PartitionId partition) override;
  Result<Step> tend() override;
  /// While it is behind it is shaped to be filled from nothing. Its own work has pools of its own
  /// only if it shares the cache of another: the first one serves.
  void run_behind(uint64_t percent) override;
  Result<Step> arrange() override;
  StoreSizes sizes() const override;
  /// What is written so far, as files linked to where `open(directory)` finds them; it must not
  /// exist. Any thread.
  Result<void> snapshot(const std::string& directory);

  /// What `compacts_later` put off begins. Any thread.
  Result<void> compact();

  /// The first half of `clear`: from here on the partition's views are not to be used.
  Result<void> mark_clearing(PartitionId partition);

 private:
  struct Store;
  class Snapshot;
  explicit RocksViews(std::unique_ptr<Store> store);
  Result<void> write_run(PartitionId partition, std::span<const ViewWrite> views,
                         const Checkpoint& at);
  Result<void> remove_views(PartitionId partition);
  Result<Step> tend(std::size_t views_max);

  std::unique_ptr<Store> store_;
  std::string note_;
};

}  // namespace spate
