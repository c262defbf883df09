// NamedRows: the rows that the commands of one batch named, and access to those of one command.
#pragma once
#include <vector>

#include "engine/api/rows.hpp"
#include "engine/processor/stream_row.hpp"
#include "engine/state/row_key.hpp"
#include "engine/state/row_table.hpp"

namespace spate {

/// The keys of a whole batch, built before it is decided so that they are fetched together.
class BatchKeys {
 public:
  struct Slot {
    RowName name;
    uint32_t offset;
    uint32_t size;
  };
  /// The slots of one command or event.
  struct Range {
    uint32_t first = 0;
    uint32_t count = 0;
  };

  void clear();
  /// Adds the engine's row of the stream and the given rows.
  Range add(std::string_view stream, std::span<const RowName> names);
  Result<void> prefetch(RowTable& rows);
  std::span<const Slot> slots(Range range) const {
    return {slots_.data() + range.first, range.count};
  }
  /// Requires: prefetched since it was added.
  const HashedKey& key(const Slot& slot) const { return keys_[&slot - slots_.data()]; }

 private:
  ByteBuffer bytes_;
  std::vector<Slot> slots_;
  std::vector<HashedKey> keys_;
};

/// Rows of the current stream; touching one that was not named is a fault of the domain (C4).
class NamedRows final : public RowAccess {
 public:
  NamedRows(RowTable& table, const BatchKeys& keys, BatchKeys::Range range)
      : table_(table), keys_(keys), slots_(keys.slots(range)) {}

  Bytes find(RowName name) override { return table_.find(key_of(name)); }
  uint8_t* edit(RowName name, std::size_t size) override { return table_.edit(key_of(name), size); }
  void put(RowName name, Bytes value) override { table_.put(key_of(name), value); }
  void erase(RowName name) override { table_.erase(key_of(name)); }

  /// The engine's row of the stream: always the first slot.
  StreamRow stream() const;
  StreamRow& edit_stream();

 private:
  const HashedKey& key_of(RowName name) const;

  RowTable& table_;
  const BatchKeys& keys_;
  std::span<const BatchKeys::Slot> slots_;
};

}  // namespace spate
