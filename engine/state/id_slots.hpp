// IdSlots: recent command ids in order of arrival, with a hash index.
#pragma once
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/extendible_table.hpp"
#include "engine/state/id_table.hpp"

namespace spate {

/// As it lies in memory and in run files.
struct IdEntry {
  CommandId id;
  uint64_t sequence = 0;
  uint64_t fingerprint = 0;
  KnownId known() const { return {{sequence}, fingerprint}; }
};
static_assert(sizeof(IdEntry) == 32);

/// Entries in the order in which they came, and an index over them: growing moves the index alone,
/// and what came last is undone from the end. `seed`: ids are hashes of what senders choose, and
/// places must not be foreseen.
class IdSlots {
 public:
  explicit IdSlots(uint64_t seed) : seed_(seed) {}

  const IdEntry* find(const CommandId& id) const {
    const Slot* slot = slot_of(id);
    return slot == nullptr ? nullptr : &entry(*slot);
  }
  void prefetch(const CommandId& id) const { index_.prefetch(hash(id)); }
  /// Adds or replaces; returns what was known before.
  std::optional<KnownId> put(const IdEntry& added) {
    ENSURE(added.sequence != 0);
    if (const Slot* slot = slot_of(added.id)) return std::exchange(entry(*slot), added).known();
    ENSURE(count_ < Slot::place_mask);
    if (count_ == chunks_.size() * chunk_entries)
      chunks_.push_back(std::make_unique_for_overwrite<IdEntry[]>(chunk_entries));
    index_.add({(hash(added.id) & ~Slot::place_mask) | (count_ + 1)});
    at(count_++) = added;
    return std::nullopt;
  }
  /// The entry that was added last, replaced since or not. Requires: there is one.
  const IdEntry& back() const { return at(count_ - 1); }
  void pop_back() {
    index_.erase(*slot_of(back().id));
    --count_;
  }
  /// Keeps its memory.
  void clear() {
    index_.clear();
    count_ = 0;
  }
  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t i = 0; i < count_; ++i) visit(at(i));
  }
  std::size_t count() const { return count_; }
  std::size_t memory_bytes() const {
    return index_.memory_bytes() + chunks_.size() * chunk_entries * sizeof(IdEntry);
  }

 private:
  static constexpr std::size_t chunk_entries = 2048;
  /// The hash's upper half, then the place of the entry, counted from one.
  struct Slot {
    static constexpr uint64_t place_mask = 0xffffffff;
    uint64_t word;
    bool taken() const { return word != 0; }
    uint64_t hash() const { return word; }
  };

  uint64_t hash(const CommandId& id) const { return (id.lo ^ seed_) * 0x9e3779b97f4a7c15; }
  Slot* slot_of(const CommandId& id) const {
    const uint64_t h = hash(id);
    return index_.find(h, [&](const Slot& slot) {
      return ((slot.word ^ h) & ~Slot::place_mask) == 0 && entry(slot).id == id;
    });
  }
  IdEntry& at(std::size_t place) const {
    return chunks_[place / chunk_entries][place % chunk_entries];
  }
  IdEntry& entry(const Slot& slot) const { return at((slot.word & Slot::place_mask) - 1); }

  uint64_t seed_;
  ExtendibleTable<Slot> index_;
  std::size_t count_ = 0;
  std::vector<std::unique_ptr<IdEntry[]>> chunks_;
};

}  // namespace spate
