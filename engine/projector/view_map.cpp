// Where views lie and grow.
#include "engine/projector/view_map.hpp"

#include <new>

namespace spate {
namespace {
constexpr std::size_t block_bytes_min = 16 << 10, block_bytes_max = 1 << 20;
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
  const Slot* slot = slots_.find(hash, [&](const Slot& s) {
    return s.hash_of_key == hash && s.entry->key() == key;
  });
  return slot == nullptr ? nullptr : slot->entry;
}

ViewEntry& ViewMap::insert(std::string_view key, uint64_t hash) {
  auto* entry = new (arena_.take(sizeof(ViewEntry) + key.size())) ViewEntry;
  entry->hash = hash;
  entry->key_bytes = static_cast<uint32_t>(key.size());
  std::memcpy(entry + 1, key.data(), key.size());
  slots_.add({hash, entry});
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
  slots_.clear();
  arena_.clear();
}

}  // namespace spate
