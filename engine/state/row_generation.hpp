// RowGeneration: rows and what is known of absent ones, in a hash table over an arena.
#pragma once
#include "engine/base/ensure.hpp"
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

/// Open addressing with linear probing; a slot holds the whole hash, so a probe reads an entry only
/// where the row very likely is. Entries are never removed one by one.
class RowGeneration {
 public:
  struct Slot {
    uint64_t hash;
    RowEntry* entry;  ///< null = free
  };

  RowEntry* find(uint64_t hash, std::string_view key) const {
    if (count_ == 0) return nullptr;
    for (std::size_t i = hash & mask_;; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.entry == nullptr) return nullptr;
      if (slot.hash == hash && slot.entry->key() == key) return slot.entry;
    }
  }
  void prefetch(uint64_t hash) const {
    if (count_ != 0) __builtin_prefetch(&slots_[hash & mask_]);
  }

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
    for (std::size_t i = 0; count_ != 0 && i <= mask_; ++i)
      if (slots_[i].entry != nullptr) visit(slots_[i]);
  }
  std::size_t count() const { return count_; }
  std::size_t dirty_count() const { return dirty_count_; }
  std::size_t dirty_bytes() const { return dirty_.used_bytes() + dirty_count_ * slot_bytes; }
  std::size_t clean_bytes() const {
    return clean_.used_bytes() + (count_ - dirty_count_) * slot_bytes;
  }
  std::size_t memory_bytes() const {
    return dirty_.memory_bytes() + clean_.memory_bytes() + (mask_ + 1) * sizeof(Slot);
  }

 private:
  static constexpr std::size_t slot_bytes = 32;  // a slot at half load
  static constexpr std::size_t slots_min = 1024;
  struct Free {
    void operator()(Slot* slots) const { std::free(slots); }
  };
  using Slots = std::unique_ptr<Slot[], Free>;
  static Slots free_slots(std::size_t count);
  RowEntry& allocate(std::string_view key, std::size_t room, bool dirty);
  void place(Slot slot);
  void resize(std::size_t slots);

  Slots slots_;
  std::size_t mask_ = 0;
  std::size_t count_ = 0;
  std::size_t dirty_count_ = 0;
  RowArena dirty_;  // clean rows lie apart, so that they can go alone
  RowArena clean_;
};

}  // namespace spate
