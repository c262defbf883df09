// RowGeneration: adding, replacing, absorbing.
#include "engine/state/row_generation.hpp"

#include <limits>
#include <new>

namespace spate {

RowEntry& RowGeneration::allocate(std::string_view key, std::size_t room, bool dirty) {
  room = aligned_up(room, 8);
  ENSURE(room <= std::numeric_limits<uint32_t>::max() && key.size() <= UINT16_MAX);
  RowArena& arena = dirty ? dirty_ : clean_;
  auto* entry = new (arena.allocate(sizeof(RowEntry) + room + key.size())) RowEntry{};
  entry->room = static_cast<uint32_t>(room);
  entry->key_size = static_cast<uint32_t>(key.size());
  entry->dirty = dirty;
  std::memcpy(entry->value() + room, key.data(), key.size());
  return *entry;
}

RowEntry& RowGeneration::add(uint64_t hash, std::string_view key, std::size_t room, bool dirty) {
  RowEntry& entry = allocate(key, room, dirty);
  slots_.add({hash, &entry});
  dirty_count_ += dirty;
  return entry;
}

RowEntry& RowGeneration::replace(uint64_t hash, const RowEntry& old, std::size_t room) {
  Slot* slot = slots_.find(hash, [&](const Slot& s) { return s.entry == &old; });
  ENSURE(slot != nullptr);
  RowEntry& entry = allocate(old.key(), room, true);
  entry.changed_at = old.changed_at;
  entry.exists = old.exists;
  entry.size = old.size;
  ENSURE(entry.room >= old.size);
  std::memcpy(entry.value(), old.value(), old.size);
  slot->entry = &entry;
  dirty_count_ += !old.dirty;
  return entry;
}

void RowGeneration::drop_clean() {
  slots_.keep_only([](const Slot& slot) { return slot.entry->dirty; });
  clean_.clear();
}

void RowGeneration::absorb(RowGeneration& older) {
  older.each([this](const Slot& slot) {
    if (!slot.entry->dirty) return;
    if (const RowEntry* own = find(slot.hash_of_key, slot.entry->key())) {
      ENSURE(own->dirty);  // what an older generation holds is not loaded again
      return;
    }
    slots_.add(slot);
    ++dirty_count_;
  });
  dirty_.adopt(older.dirty_);
  older.clear();
}

void RowGeneration::clear() {
  slots_.clear();
  dirty_count_ = 0;
  dirty_.clear();
  clean_.clear();
}

}  // namespace spate
