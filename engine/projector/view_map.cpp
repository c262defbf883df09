// Open addressing with linear probing, at most half full.
#include "engine/projector/view_map.hpp"

#include <bit>
#include <new>

namespace spate {
namespace {
constexpr std::size_t block_bytes_min = 16 << 10, block_bytes_max = 1 << 20;
constexpr std::size_t slots_min = 64;
}  // namespace

uint8_t* ViewArena::take(std::size_t bytes) {
  bytes = aligned_up(bytes, 8);
  if (used_ + bytes > room_) {
    const std::size_t wanted =
        blocks_.empty() ? block_bytes_min : std::min(room_ * 2, block_bytes_max);
    room_ = std::max(wanted, bytes);
    blocks_.emplace_back(static_cast<uint8_t*>(std::malloc(room_)));
    ENSURE(blocks_.back() != nullptr);
    bytes_ += room_;
    used_ = 0;
  }
  uint8_t* at = blocks_.back().get() + used_;
  used_ += bytes;
  taken_ += bytes;
  return at;
}

void ViewArena::clear() {
  taken_ = 0;
  if (blocks_.empty()) return;
  // The last block is the largest of the regular ones: the next use starts with it.
  blocks_.erase(blocks_.begin(), blocks_.end() - 1);
  bytes_ = room_;
  used_ = 0;
}

ViewEntry* ViewMap::find(std::string_view key, uint64_t hash) const {
  if (slots_.empty()) return nullptr;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask; slots_[at].entry != nullptr; at = (at + 1) & mask)
    if (slots_[at].hash == hash && slots_[at].entry->key() == key) return slots_[at].entry;
  return nullptr;
}

void ViewMap::place(std::vector<Slot>& slots, uint64_t hash, ViewEntry* entry) {
  const std::size_t mask = slots.size() - 1;
  std::size_t at = hash & mask;
  while (slots[at].entry != nullptr) at = (at + 1) & mask;
  slots[at] = {hash, entry};
}

std::vector<ViewMap::Slot> ViewMap::larger_table(std::size_t more) const {
  const std::size_t needed = (count_ + more) * 2;
  if (needed <= slots_.size()) return {};
  std::vector<Slot> larger(std::bit_ceil(std::max(needed, slots_min)), Slot{0, nullptr});
  for (const Slot& slot : slots_)
    if (slot.entry != nullptr) place(larger, slot.hash, slot.entry);
  return larger;
}

ViewEntry& ViewMap::insert(std::string_view key, uint64_t hash) {
  if (auto larger = larger_table(1); !larger.empty()) take_table(larger);
  auto* entry = new (arena_.take(sizeof(ViewEntry) + key.size())) ViewEntry;
  entry->hash = hash;
  entry->key_bytes = static_cast<uint32_t>(key.size());
  std::memcpy(entry + 1, key.data(), key.size());
  place(slots_, hash, entry);
  ++count_;
  return *entry;
}

void ViewMap::assign(ViewEntry& entry, Bytes value) {
  if (value.data() == nullptr) {
    entry.value = nullptr;
    entry.value_bytes = entry.value_room = 0;
    return;
  }
  if (value.size() > entry.value_room || entry.value_room == 0) {
    // A view that grew once grows again: leave a quarter, so that it seldom moves.
    const std::size_t spare = entry.value_room == 0 ? 0 : value.size() / 4;
    const std::size_t room = aligned_up(std::max<std::size_t>(value.size() + spare, 1), 8);
    entry.value = arena_.take(room);
    entry.value_room = static_cast<uint32_t>(room);
  }
  if (!value.empty()) std::memcpy(entry.value, value.data(), value.size());
  entry.value_bytes = static_cast<uint32_t>(value.size());
}

void ViewMap::clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{0, nullptr});
  count_ = 0;
  arena_.clear();
}

}  // namespace spate
