// IdSlots: recent command ids in order of arrival, with a hash index.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/ensure.hpp"
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

/// Entries in the order in which they came, and an index over them with linear probing: growing
/// moves the index alone, and what came last is undone from the end. `seed`: ids are hashes of what
/// senders choose, and places must not be foreseen.
class IdSlots {
 public:
  explicit IdSlots(uint64_t seed) : seed_(seed) {}

  const IdEntry* find(const CommandId& id) const {
    if (count_ == 0) return nullptr;
    const uint64_t slot = index_[slot_of(id)];
    return slot == 0 ? nullptr : &entry(slot);
  }
  void prefetch(const CommandId& id) const {
    if (count_ != 0) __builtin_prefetch(&index_[home_of(hash(id))]);
  }
  /// Adds or replaces; returns what was known before.
  std::optional<KnownId> put(const IdEntry& added) {
    ENSURE(added.sequence != 0);
    if ((count_ + 1) * 8 > capacity() * 5) grow();
    const std::size_t i = slot_of(added.id);
    if (index_[i] != 0) return std::exchange(entry(index_[i]), added).known();
    if (count_ == chunks_.size() * chunk_entries)
      chunks_.push_back(std::make_unique_for_overwrite<IdEntry[]>(chunk_entries));
    index_[i] = slot_for(added.id, count_);
    at(count_++) = added;
    return std::nullopt;
  }
  /// The entry that was added last, replaced since or not. Requires: there is one.
  const IdEntry& back() const { return at(count_ - 1); }
  void pop_back() {
    close_gap(slot_of(back().id));
    --count_;
  }
  /// Keeps its memory.
  void clear() {
    if (count_ != 0) std::memset(index_.get(), 0, capacity() * sizeof(uint64_t));
    count_ = 0;
  }
  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t i = 0; i < count_; ++i) visit(at(i));
  }
  std::size_t count() const { return count_; }
  std::size_t memory_bytes() const {
    return capacity() * sizeof(uint64_t) + chunks_.size() * chunk_entries * sizeof(IdEntry);
  }

 private:
  static constexpr std::size_t chunk_entries = 2048;
  static constexpr std::size_t slots_min = 1024;
  struct Free {
    void operator()(uint64_t* words) const { std::free(words); }
  };

  std::size_t capacity() const { return index_ == nullptr ? 0 : mask_ + 1; }
  uint64_t hash(const CommandId& id) const { return (id.lo ^ seed_) * 0x9e3779b97f4a7c15; }
  std::size_t home_of(uint64_t hash) const { return (hash >> 20) & mask_; }
  /// The slot that names the id, or the free one where it would be. A slot: the hash's upper half,
  /// then the place of the entry, counted from one; 0 = free.
  std::size_t slot_of(const CommandId& id) const {
    const uint64_t h = hash(id);
    std::size_t i = home_of(h);
    while (index_[i] != 0 && ((index_[i] ^ h) >> 32 != 0 || entry(index_[i]).id != id))
      i = (i + 1) & mask_;
    return i;
  }
  IdEntry& at(std::size_t place) const {
    return chunks_[place / chunk_entries][place % chunk_entries];
  }
  IdEntry& entry(uint64_t slot) const { return at((slot & 0xffffffff) - 1); }
  uint64_t slot_for(const CommandId& id, std::size_t place) const {
    return (hash(id) & ~uint64_t{0xffffffff}) | (place + 1);
  }
  /// Moves later slots of the probe chain up, so that no tombstones are needed.
  void close_gap(std::size_t gap) {
    for (std::size_t i = (gap + 1) & mask_; index_[i] != 0; i = (i + 1) & mask_) {
      const std::size_t home = home_of(hash(entry(index_[i]).id));
      if (((i - home) & mask_) < ((i - gap) & mask_)) continue;
      index_[gap] = index_[i];
      gap = i;
    }
    index_[gap] = 0;
  }
  void grow() {
    mask_ = std::max(slots_min, capacity() * 2) - 1;
    ENSURE(mask_ <= 0xffffffff);
    // Fresh pages are zero already: calloc knows.
    index_.reset(static_cast<uint64_t*>(std::calloc(mask_ + 1, sizeof(uint64_t))));
    ENSURE(index_ != nullptr);
    for (std::size_t place = 0; place < count_; ++place) {
      std::size_t i = home_of(hash(at(place).id));
      while (index_[i] != 0) i = (i + 1) & mask_;
      index_[i] = slot_for(at(place).id, place);
    }
  }

  uint64_t seed_;
  std::unique_ptr<uint64_t[], Free> index_;
  std::size_t mask_ = 0;
  std::size_t count_ = 0;
  std::vector<std::unique_ptr<IdEntry[]>> chunks_;
};

}  // namespace spate
