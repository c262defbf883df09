// RowTable: the rows of one partition in memory over a StateStore: active, frozen, stored.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/base/filter_room.hpp"
#include "engine/state/digest_journal.hpp"
#include "engine/state/state_store.hpp"

namespace spate {

/// Memory: dirty_bytes_max for the active rows and as much for the frozen ones (each twice that
/// while the checkpointer lags behind), the clean rows, the undo log, ten bits a stored row where
/// the filters have room.
struct RowTableLimits {
  std::size_t dirty_bytes_max = 64 << 20;  ///< beyond it `wants_freeze`, at twice `is_full`
  std::size_t clean_bytes_max = 64 << 20;  ///< rows read from the store and kept
  std::size_t undo_bytes_max = 64 << 20;   ///< old values of undurable rows; beyond it `is_full`
  uint64_t hash_seed = 0;                  ///< bits of the log's id: keys are chosen outside
  std::string filter_path;                 ///< where the absence filter is saved; empty = never
  std::shared_ptr<FilterRoom> filter_room; ///< of the absence filter; none: as much as it wants
  std::string journal_path;                ///< of the digests of checkpoints; empty = in memory
  LogIdentity log;                         ///< of which they are
};

struct RowEntry;

/// A key with its hash in one table, so that a hot path hashes each key once (`hashed`), and with
/// what `prefetch` saw, so that the uses that follow need not look again. It may outlive all of
/// that: what has changed since is noticed.
struct HashedKey {
  std::string_view text;
  uint64_t hash = 0;
  RowEntry* entry = nullptr;     ///< the active row, while no row was moved since
  uint64_t moves = 0;
  uint64_t only_active_at = 0;   ///< until rows leave the active ones it is one of them or none
};

/// Reads look in the active generation, then in the frozen one, then in the store. Writes go to the
/// active one and keep the old value per undurable outcome, so that they can be undone (A4).
/// `freeze` makes the active generation the frozen one, which a checkpointer writes out on another
/// thread while the owner goes on (C1). Threads: all methods belong to the owner, save where said.
class RowTable {
 public:
  RowTable(StateStore& store, RowTableLimits limits);
  ~RowTable();

  /// Once, before the first prefetch; again after the store was cleared. Reads the absence filter,
  /// or builds it from a scan of the store when it is missing or does not fit (then says so).
  Result<void> open();
  /// What `open` had to build anew, for the operator; empty = nothing.
  std::string note() const;

  /// Loads what is absent in one read of the store, so that later finds hit memory. A key that was
  /// not prefetched is read by itself when it is used: slow, and a read that fails then ends the
  /// process.
  Result<void> prefetch(std::span<HashedKey> keys);
  Result<void> prefetch(std::span<const std::string_view> keys);
  HashedKey hashed(std::string_view key) const;
  /// Null data = no such row. Valid until the next edit, put, erase or prefetch.
  Bytes find(const HashedKey& key);
  Bytes find(std::string_view key) { return find(hashed(key)); }
  /// In place, 8-aligned, zeroed when new. Requires: an existing row has this size.
  uint8_t* edit(const HashedKey& key, std::size_t size);
  uint8_t* edit(std::string_view key, std::size_t size) { return edit(hashed(key), size); }
  void put(const HashedKey& key, Bytes value);
  void put(std::string_view key, Bytes value) { put(hashed(key), value); }
  void erase(const HashedKey& key);
  void erase(std::string_view key) { erase(hashed(key)); }

  /// Changes from here on belong to outcome `sequence`.
  void begin(Sequence sequence);
  /// Outcomes up to `sequence` can no longer be undone: forgets their old values.
  void settle(Sequence sequence);
  /// Undoes every change that belongs to an outcome beyond `sequence`.
  void revert_to(Sequence sequence);

  bool wants_freeze() const;
  /// The owner decides nothing more until outcomes are settled or the frozen rows are written.
  bool is_full() const;
  /// Requires: no frozen generation is waiting to be written, `at.sequence` = the last `begin`.
  void freeze(const Checkpoint& at);
  bool has_frozen() const;
  /// Writes the frozen generation to the store, its digest with it and into the journal. Any one
  /// thread. Requires: settled up to its checkpoint (undurable rows never reach the store). Fault:
  /// `state_differs`: the journal has another digest there; nothing is written.
  Result<void> write_frozen();
  /// The owner, after write_frozen returned: the frozen rows are clean now and may be dropped.
  void finish_frozen();

  std::size_t dirty_bytes() const;
  std::size_t memory_bytes() const;
  /// Every row as it is now, in key order, wherever it lies. Not while write_frozen runs.
  Result<void> each(const std::function<void(std::string_view, Bytes)>& visit);
  /// HashSum of every row as it is now, all of them read; equal for equal rows whatever their
  /// history. Nothing is left out; the checkpoint is no row. Not while write_frozen runs.
  Result<Hash128> digest();
  /// The same from what is kept up to date: only dirty rows are looked at.
  Hash128 running_digest() const;
  const DigestJournal& journal() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spate
