// RowGeneration: rows and what is known of absent ones, in a hash table over arenas.
#pragma once
#include "engine/base/extendible_table.hpp"
#include "engine/base/prefetch.hpp"
#include "engine/state/row_arena.hpp"

namespace spate {

/// A row in memory:  entry := head value[room] key.  The value is 8-aligned, room a multiple of 8.
struct RowEntry {
  uint64_t changed_at;  ///< the outcome whose change was recorded for undo last; 0 = none
  uint32_t size;        ///< of the value
  uint32_t room;
  uint32_t key_size;
  bool exists;          ///< false: there is no such row
  bool dirty;           ///< differs from the store

  uint8_t* value() { return reinterpret_cast<uint8_t*>(this + 1); }
  const uint8_t* value() const { return reinterpret_cast<const uint8_t*>(this + 1); }
  Bytes bytes() const { return exists ? Bytes{value(), size} : Bytes{}; }
  std::string_view key() const {
    return {reinterpret_cast<const char*>(value()) + room, key_size};
  }
};
static_assert(sizeof(RowEntry) == 24);

/// A short row lies in two lines.
inline void prefetch_row(const RowEntry& entry) {
  prefetch(&entry);
  prefetch(reinterpret_cast<const uint8_t*>(&entry) + 64);
}

/// A slot holds the whole hash, so a probe reads an entry only where the row very likely is.
/// Entries are never removed one by one.
class RowGeneration {
 public:
  struct Slot {
    uint64_t hash_of_key;
    RowEntry* entry;  ///< null = free
    bool taken() const { return entry != nullptr; }
    uint64_t hash() const { return hash_of_key; }
  };

  RowEntry* find(uint64_t hash, std::string_view key) const {
    const Slot* slot = slots_.find(hash, [&](const Slot& s) {
      return s.hash_of_key == hash && s.entry->key() == key;
    });
    return slot == nullptr ? nullptr : slot->entry;
  }
  void prefetch(uint64_t hash) const { slots_.prefetch(hash); }

  /// A new entry without content, or one that takes the place of `old`. Value and size are the
  /// caller's to set.
  RowEntry& add(uint64_t hash, std::string_view key, std::size_t room, bool dirty);
  RowEntry& replace(uint64_t hash, const RowEntry& old, std::size_t room);
  /// Forgets rows that the store has as well.
  void drop_clean();
  /// Takes over the dirty rows of `older` that it does not have itself; `older` is empty then.
  void absorb(RowGeneration& older);
  void clear();

  template <class Visit>
  void each(Visit visit) const {
    slots_.each(visit);
  }
  std::size_t count() const { return slots_.count(); }
  std::size_t dirty_count() const { return dirty_count_; }
  std::size_t dirty_bytes() const { return dirty_.used_bytes() + dirty_count_ * slot_bytes; }
  std::size_t clean_bytes() const {
    return clean_.used_bytes() + (count() - dirty_count_) * slot_bytes;
  }
  std::size_t memory_bytes() const {
    return dirty_.memory_bytes() + clean_.memory_bytes() + slots_.memory_bytes();
  }

 private:
  static constexpr std::size_t slot_bytes = 32;  // a slot at half load
  RowEntry& allocate(std::string_view key, std::size_t room, bool dirty);

  ExtendibleTable<Slot> slots_;
  std::size_t dirty_count_ = 0;
  RowArena dirty_;  // clean rows lie apart, so that they can go alone
  RowArena clean_;
};

}  // namespace spate
