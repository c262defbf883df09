// ExtendibleTable: a hash table that grows a segment at a time, so that no insert pays for all.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "engine/base/ensure.hpp"
#include "engine/base/prefetch.hpp"

namespace spate {

/// Extendible hashing (Fagin, Nievergelt, Pippenger, Strong: ACM TODS 4(3), 1979): a directory,
/// indexed by the leading bits of the hash, of segments with linear probing. A full segment splits
/// into itself and a new one. So an insert moves the slots of one segment at most, and the table
/// never touches memory that it does not go on using; a table that doubles does both, in
/// milliseconds at a time. Until the first split the only segment doubles, from `slots_min` on.
///
/// `Slot` is trivially copyable, free when all its bytes are zero, and has `bool taken() const` and
/// `uint64_t hash() const`; of the hash the upper half counts. A slot is never entered twice: who
/// adds has looked before.
template <class Slot>
class ExtendibleTable {
 public:
  static constexpr std::size_t segment_slots = 1024, slots_min = 64;

  /// The slot of this hash for which `is(slot)` holds, or null.
  template <class Is>
  Slot* find(uint64_t hash, Is is) const {
    if (count_ == 0) return nullptr;
    Slot* const slots = directory_[place_of(hash)].slots;
    for (std::size_t i = home_of(hash);; i = (i + 1) & mask_) {
      if (!slots[i].taken()) return nullptr;
      if (is(slots[i])) return &slots[i];
    }
  }
  void prefetch(uint64_t hash) const {
    if (count_ != 0) spate::prefetch(directory_[place_of(hash)].slots + home_of(hash));
  }
  void add(const Slot& slot) {
    const uint64_t hash = slot.hash();
    make_room(hash);
    Segment& segment = segments_[directory_[place_of(hash)].segment];
    put(segment, slot);
    ++count_;
  }
  /// Requires: `slot` is one that `find` returned, and nothing was added since.
  void erase(Slot& slot) {
    Segment& segment = segments_[directory_[place_of(slot.hash())].segment];
    close_gap(segment.slots.get(), static_cast<std::size_t>(&slot - segment.slots.get()));
    --segment.count;
    --count_;
  }
  /// Forgets every slot for which `keep(slot)` does not hold.
  template <class Keep>
  void keep_only(Keep keep) {
    for (Segment& segment : segments_) {
      const std::size_t before = segment.count;
      take_out(segment, [&](const Slot& slot) {
        if (keep(slot)) put(segment, slot);
      });
      count_ -= before - segment.count;
    }
  }
  /// Keeps its memory.
  void clear() {
    for (Segment& segment : segments_) {
      if (segment.count == 0) continue;
      std::memset(static_cast<void*>(segment.slots.get()), 0, (mask_ + 1) * sizeof(Slot));
      segment.count = 0;
    }
    count_ = 0;
  }
  /// In an order that hangs on the hashes and on how the table grew.
  template <class Visit>
  void each(Visit visit) const {
    for (const Segment& segment : segments_)
      for (std::size_t i = 0; segment.count != 0 && i <= mask_; ++i)
        if (segment.slots[i].taken()) visit(segment.slots[i]);
  }
  std::size_t count() const { return count_; }
  std::size_t memory_bytes() const {
    return segments_.size() * (mask_ + 1) * sizeof(Slot) + directory_.size() * sizeof(Place);
  }

 private:
  // Places in the directory come from the hash's uppermost bits, homes from those above the middle.
  static constexpr uint32_t depth_max = 22;
  struct Free {
    void operator()(Slot* slots) const { std::free(slots); }
  };
  struct Segment {
    std::unique_ptr<Slot[], Free> slots;
    uint32_t count = 0;
    uint32_t depth = 0;  // leading bits that all its hashes share
  };
  struct Place {
    Slot* slots;
    uint32_t segment;
  };

  std::size_t place_of(uint64_t hash) const { return (hash >> 1) >> (63 - depth_); }
  std::size_t home_of(uint64_t hash) const { return (hash >> 32) & mask_; }

  static std::unique_ptr<Slot[], Free> free_slots(std::size_t count) {
    std::unique_ptr<Slot[], Free> slots(static_cast<Slot*>(std::calloc(count, sizeof(Slot))));
    ENSURE(slots != nullptr);
    return slots;
  }
  void put(Segment& segment, const Slot& slot) {
    std::size_t i = home_of(slot.hash());
    while (segment.slots[i].taken()) i = (i + 1) & mask_;
    segment.slots[i] = slot;
    ++segment.count;
  }
  /// Empties the segment, then visits what was in it.
  template <class Visit>
  void take_out(Segment& segment, Visit visit) {
    Slot taken[segment_slots];
    std::size_t count = 0;
    for (std::size_t i = 0; i <= mask_; ++i)
      if (segment.slots[i].taken()) taken[count++] = segment.slots[i];
    std::memset(static_cast<void*>(segment.slots.get()), 0, (mask_ + 1) * sizeof(Slot));
    segment.count = 0;
    for (std::size_t i = 0; i < count; ++i) visit(taken[i]);
  }
  void make_room(uint64_t hash) {
    if (segments_.empty()) {
      mask_ = slots_min - 1;
      segments_.push_back({free_slots(slots_min)});
      directory_ = {{segments_[0].slots.get(), 0}};
    }
    for (;;) {
      const uint32_t at = directory_[place_of(hash)].segment;
      if (segments_[at].count * 8 < (mask_ + 1) * 5) return;
      mask_ + 1 < segment_slots ? double_only_segment() : split(at, hash);
    }
  }
  void double_only_segment() {
    Segment smaller = std::move(segments_[0]);
    const std::size_t smaller_slots = mask_ + 1;
    mask_ = smaller_slots * 2 - 1;
    segments_[0] = {free_slots(mask_ + 1)};
    directory_[0].slots = segments_[0].slots.get();
    for (std::size_t i = 0; i < smaller_slots; ++i)
      if (smaller.slots[i].taken()) put(segments_[0], smaller.slots[i]);
  }
  void split(uint32_t at, uint64_t hash) {
    if (segments_[at].depth == depth_) double_directory();
    const auto fresh_at = static_cast<uint32_t>(segments_.size());
    const uint32_t depth = ++segments_[at].depth;
    segments_.push_back({free_slots(segment_slots), 0, depth});
    Segment& old = segments_[at];
    Segment& fresh = segments_.back();
    // Of the places that share the old segment's leading bits the upper half is the new one's.
    const std::size_t half = std::size_t{1} << (depth_ - depth);
    const std::size_t first = (place_of(hash) & ~(2 * half - 1)) + half;
    std::fill_n(directory_.begin() + static_cast<std::ptrdiff_t>(first), half,
                Place{fresh.slots.get(), fresh_at});
    take_out(old, [&](const Slot& slot) {
      put((slot.hash() >> (64 - depth) & 1) != 0 ? fresh : old, slot);
    });
  }
  void double_directory() {
    ENSURE(depth_ < depth_max);  // hundreds of hashes alike in all these bits: no hash does that
    std::vector<Place> doubled;
    doubled.reserve(directory_.size() * 2);
    for (const Place& place : directory_) doubled.insert(doubled.end(), 2, place);
    directory_ = std::move(doubled);
    ++depth_;
  }
  /// Moves later slots of the probe chain up, so that no tombstones are needed.
  void close_gap(Slot* slots, std::size_t gap) {
    for (std::size_t i = (gap + 1) & mask_; slots[i].taken(); i = (i + 1) & mask_) {
      if (((i - home_of(slots[i].hash())) & mask_) < ((i - gap) & mask_)) continue;
      slots[gap] = slots[i];
      gap = i;
    }
    std::memset(static_cast<void*>(&slots[gap]), 0, sizeof(Slot));
  }

  std::vector<Place> directory_;
  std::vector<Segment> segments_;
  uint32_t depth_ = 0;
  std::size_t mask_ = 0;  // of a segment
  std::size_t count_ = 0;
};

}  // namespace spate
