// RocksState: the rows of all partitions in one RocksDB, each partition at one position (rule C1).
#pragma once
#include <memory>
#include <string>

#include "engine/base/store_sizes.hpp"
#include "engine/state/state_store.hpp"

namespace spate {

struct RocksStateOptions {
  std::size_t memory_bytes = 256 << 20;    ///< cache and write buffers together
  bool waits_for_room = false;             ///< a full disk makes writes wait, not abort
  bool compacts_later = false;             ///< not before `compact`
  // Written but not on disk: what a crash makes us fold again.
  std::size_t flush_bytes_max = 64 << 20;
  std::size_t flush_batches_max = 16;
  uint64_t flush_outcomes_max = 150'000;   ///< a batch of few hot rows may stand for many
  std::size_t run_bytes_min = 16 << 20;  ///< a batch as large is a RocksRun
};

/// No write-ahead log: a batch is on disk once its memtable was flushed, a large one at once; a
/// crash leaves a prefix of a partition's batches. Threads: stores of different partitions may be
/// used at once.
class RocksStateStores {
 public:
  /// Creates the directory when missing. Faults: `rows_rot`, `rows_open_failed`.
  static Result<std::unique_ptr<RocksStateStores>> open(const std::string& directory,
                                                        RocksStateOptions options = {});
  ~RocksStateStores();

  /// Lives no longer than this.
  std::unique_ptr<StateStore> partition(PartitionId id);
  /// Every batch written so far is on disk when it returns.
  Result<void> flush();
  /// What is written so far, as files linked into `directory`, which must not exist. Any thread.
  Result<void> snapshot(const std::string& directory);
  /// What `compacts_later` put off begins. Any thread.
  Result<void> compact();
  /// Flushes and closes; nothing may be used afterwards.
  Result<void> close();
  std::size_t memory_bytes() const;
  /// Any thread.
  StoreSizes sizes() const;

 private:
  struct State;
  explicit RocksStateStores(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace spate
