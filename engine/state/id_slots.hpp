// IdSlots: recent command ids in an open-addressing hash table.
#pragma once
#include <algorithm>
#include <memory>
#include <optional>

#include "engine/base/ensure.hpp"
#include "engine/state/id_table.hpp"

namespace spate {

/// As it lies in memory and in run files. Sequence 0 = a free slot (outcomes begin at 1).
struct IdEntry {
  CommandId id;
  uint64_t sequence = 0;
  uint64_t fingerprint = 0;
  KnownId known() const { return {{sequence}, fingerprint}; }
};
static_assert(sizeof(IdEntry) == 32);

/// Linear probing. `seed`: ids are hashes of what senders choose, and places must not be foreseen.
class IdSlots {
 public:
  explicit IdSlots(uint64_t seed) : seed_(seed) {}

  const IdEntry* find(const CommandId& id) const {
    if (count_ == 0) return nullptr;
    for (std::size_t i = place_of(id);; i = (i + 1) & mask_) {
      if (slots_[i].sequence == 0) return nullptr;
      if (slots_[i].id == id) return &slots_[i];
    }
  }
  void prefetch(const CommandId& id) const {
    if (count_ != 0) __builtin_prefetch(&slots_[place_of(id)]);
  }
  /// Adds or replaces; returns what was known before.
  std::optional<KnownId> put(const IdEntry& entry) {
    ENSURE(entry.sequence != 0);
    if ((count_ + 1) * 8 > capacity() * 5) grow();
    std::size_t i = place_of(entry.id);
    for (; slots_[i].sequence != 0; i = (i + 1) & mask_) {
      if (slots_[i].id != entry.id) continue;
      return std::exchange(slots_[i], entry).known();
    }
    slots_[i] = entry;
    ++count_;
    return std::nullopt;
  }
  void erase(const CommandId& id) {
    if (const IdEntry* entry = find(id)) close_gap(static_cast<std::size_t>(entry - slots_.get()));
  }
  void clear() {
    if (count_ != 0) std::fill_n(slots_.get(), capacity(), IdEntry{});
    count_ = 0;
  }
  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t i = 0; i < capacity(); ++i)
      if (slots_[i].sequence != 0) visit(slots_[i]);
  }
  std::size_t count() const { return count_; }
  std::size_t memory_bytes() const { return capacity() * sizeof(IdEntry); }

 private:
  std::size_t capacity() const { return slots_ == nullptr ? 0 : mask_ + 1; }
  std::size_t place_of(const CommandId& id) const {
    return (((id.lo ^ seed_) * 0x9e3779b97f4a7c15) >> 20) & mask_;
  }
  /// Moves later entries of the probe chain up, so that no tombstones are needed.
  void close_gap(std::size_t gap) {
    for (std::size_t i = (gap + 1) & mask_; slots_[i].sequence != 0; i = (i + 1) & mask_) {
      const std::size_t home = place_of(slots_[i].id);
      if (((i - home) & mask_) < ((i - gap) & mask_)) continue;
      slots_[gap] = slots_[i];
      gap = i;
    }
    slots_[gap] = {};
    --count_;
  }
  void grow() {
    const std::size_t old_capacity = capacity();
    const auto old = std::exchange(
        slots_, std::make_unique<IdEntry[]>(std::max<std::size_t>(1024, old_capacity * 2)));
    mask_ = std::max<std::size_t>(1024, old_capacity * 2) - 1;
    count_ = 0;
    for (std::size_t i = 0; i < old_capacity; ++i)
      if (old[i].sequence != 0) put(old[i]);
  }

  uint64_t seed_;
  std::unique_ptr<IdEntry[]> slots_;
  std::size_t mask_ = 0;
  std::size_t count_ = 0;
};

}  // namespace spate
