// ViewStore: the port below the views of all partitions; each partition lies at one position (C1).
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/bytes.hpp"
#include "engine/base/result.hpp"
#include "engine/base/step.hpp"
#include "engine/base/store_sizes.hpp"
#include "engine/projector/view_key.hpp"
#include "engine/state/checkpoint.hpp"

namespace spate {

/// A view to write; `value` with null data erases it. Keys: see view_key.hpp.
struct ViewWrite {
  std::string_view key;
  Bytes value;
  uint64_t hash = 0;  ///< xxh3_64 of the key; 0: not known
};

/// Walks a range in key order. It sees at least what was written when it was made. One thread.
class ViewCursor {
 public:
  virtual ~ViewCursor() = default;
  /// False: beyond the end, or `status` is a fault.
  virtual bool valid() const = 0;
  /// Until `next`. Requires: valid.
  virtual std::string_view key() const = 0;
  virtual Bytes value() const = 0;
  virtual void next() = 0;
  virtual Result<void> status() const = 0;
};

/// A store as it was when this was made, whatever is written since. One thread.
class ViewSnapshot {
 public:
  virtual ~ViewSnapshot() = default;
  /// As the store's: none when the partition had no views, or they were being cleared.
  virtual Result<std::optional<Checkpoint>> checkpoint(PartitionId partition) = 0;
  virtual std::unique_ptr<ViewCursor> scan(const KeyRange& range) = 0;
};

class ViewStore {
 public:
  virtual ~ViewStore() = default;

  /// The position of the partition's stored views; none when it has none. Finishes a `clear` that
  /// a crash cut short.
  virtual Result<std::optional<Checkpoint>> checkpoint(PartitionId partition) = 0;
  /// False: no such view. Any thread.
  virtual Result<bool> get(std::string_view key, std::string& value) = 0;
  /// A `get` of the key with this hash may follow. Any thread.
  virtual void prefetch(uint64_t /*hash*/) const {}
  /// Any thread.
  virtual std::unique_ptr<ViewCursor> scan(const KeyRange& range) = 0;
  /// Any thread. It must not outlive the store.
  virtual std::unique_ptr<ViewSnapshot> snapshot() = 0;
  /// All of `views` (of this partition, sorted by key, no key twice) and the position, all or
  /// nothing. One thread at a time; reads may run meanwhile.
  virtual Result<void> write(PartitionId partition, std::span<const ViewWrite> views,
                             const Checkpoint& at) = 0;
  /// What was written so far survives a crash. Without it a crash leaves a prefix of the writes.
  virtual Result<void> flush() = 0;
  /// Forgets the partition's views and position. Not while the partition is written.
  virtual Result<void> clear(PartitionId partition) = 0;
  /// A slice of the store's own upkeep, about a millisecond; idle when none is left. On the thread
  /// that writes.
  virtual Result<Step> tend() = 0;
  /// From now on it is filled, not read: its own work in the background is done behind everything
  /// else, with so many percent of what it could take; 0: as a store that serves. Any thread.
  virtual void run_behind(uint64_t /*percent*/) {}
  /// Puts what was filled in order for readers, still behind: worked until that is done. It may be
  /// written meanwhile. On the thread that writes.
  virtual Result<Step> arrange() { return Step::idle; }
  /// Any thread.
  virtual StoreSizes sizes() const { return {}; }
};

}  // namespace spate
