// RowGeneration: growing, absorbing and clearing the hash table.
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

void RowGeneration::place(Slot slot) {
  std::size_t i = slot.hash & mask_;
  while (slots_[i].entry != nullptr) i = (i + 1) & mask_;
  slots_[i] = slot;
}

/// Fresh pages are zero already: calloc knows.
RowGeneration::Slots RowGeneration::free_slots(std::size_t count) {
  Slots slots(static_cast<Slot*>(std::calloc(count, sizeof(Slot))));
  ENSURE(slots != nullptr);
  return slots;
}

void RowGeneration::resize(std::size_t slots) {
  const Slots old = std::exchange(slots_, free_slots(slots));
  const std::size_t old_slots = count_ == 0 ? 0 : mask_ + 1;
  mask_ = slots - 1;
  for (std::size_t i = 0; i < old_slots; ++i)
    if (old[i].entry != nullptr) place(old[i]);
}

RowEntry& RowGeneration::add(uint64_t hash, std::string_view key, std::size_t room, bool dirty) {
  if (slots_ == nullptr) resize(slots_min);
  if (count_ * 8 >= (mask_ + 1) * 5) resize((mask_ + 1) * 2);
  RowEntry& entry = allocate(key, room, dirty);
  place({hash, &entry});
  ++count_;
  dirty_count_ += dirty;
  return entry;
}

RowEntry& RowGeneration::replace(uint64_t hash, const RowEntry& old, std::size_t room) {
  std::size_t i = hash & mask_;
  while (slots_[i].entry != &old) i = (i + 1) & mask_;
  RowEntry& entry = allocate(old.key(), room, true);
  entry.changed_at = old.changed_at;
  entry.exists = old.exists;
  entry.size = old.size;
  ENSURE(entry.room >= old.size);
  std::memcpy(entry.value(), old.value(), old.size);
  slots_[i].entry = &entry;
  dirty_count_ += !old.dirty;
  return entry;
}

void RowGeneration::drop_clean() {
  const Slots old = std::exchange(slots_, free_slots(mask_ + 1));
  for (std::size_t i = 0; count_ != 0 && i <= mask_; ++i)
    if (old[i].entry != nullptr && old[i].entry->dirty) place(old[i]);
  count_ = dirty_count_;
  clean_.clear();
}

void RowGeneration::absorb(RowGeneration& older) {
  if (slots_ == nullptr) resize(slots_min);
  older.each([this](const Slot& slot) {
    if (!slot.entry->dirty) return;
    if (const RowEntry* own = find(slot.hash, slot.entry->key())) {
      ENSURE(own->dirty);  // what an older generation holds is not loaded again
      return;
    }
    if (count_ * 8 >= (mask_ + 1) * 5) resize((mask_ + 1) * 2);
    place(slot);
    ++count_;
    ++dirty_count_;
  });
  dirty_.adopt(older.dirty_);
  older.clear();
}

void RowGeneration::clear() {
  if (count_ != 0) std::fill_n(slots_.get(), mask_ + 1, Slot{});
  count_ = dirty_count_ = 0;
  dirty_.clear();
  clean_.clear();
}

}  // namespace spate
