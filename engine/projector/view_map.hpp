// ViewMap: views by key in memory; keys and entries never move, values change in place.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/extendible_table.hpp"

namespace spate {

/// One view. Its key lies behind it.
struct ViewEntry {
  uint64_t hash = 0;
  uint8_t* value = nullptr;  ///< 8-aligned; null = erased (it hides older layers)
  uint32_t value_bytes = 0;
  uint32_t value_room = 0;  ///< 0: the value is not ours to write
  uint32_t key_bytes = 0;
  bool dirty = false;  ///< staged views only: to be published
  /// Staged views only: the one it was read from, if that changed since the last freeze.
  ViewEntry* active = nullptr;

  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_bytes}; }
  Bytes bytes() const { return {value, value_bytes}; }
};

/// The entry, its key, and what usually lies behind that: its value.
inline void prefetch_view(const ViewEntry& entry) {
  const auto* at = reinterpret_cast<const uint8_t*>(&entry);
  for (std::size_t line = 0; line < 3; ++line) prefetch(at + 64 * line);
}

/// Memory in blocks that never move, given back all at once.
class ViewArena {
 public:
  /// 8-aligned.
  uint8_t* take(std::size_t bytes);
  /// Keeps the first block for the next use.
  void clear();
  /// Held from the system, and given out since the last `clear`.
  std::size_t bytes() const { return bytes_; }
  std::size_t taken() const { return taken_; }

 private:
  struct Free {
    void operator()(uint8_t* block) const { std::free(block); }
  };
  std::vector<std::unique_ptr<uint8_t, Free>> blocks_;
  std::size_t used_ = 0;  // of the last block
  std::size_t room_ = 0;
  std::size_t bytes_ = 0;
  std::size_t taken_ = 0;
};

class ViewMap {
 public:
  ViewEntry* find(std::string_view key, uint64_t hash) const;
  void prefetch(uint64_t hash) const { slots_.prefetch(hash); }
  /// A new entry without a value. Requires: there is none of this key.
  ViewEntry& insert(std::string_view key, uint64_t hash);
  /// Replaces the value by a copy; null data erases it. In place where it fits.
  void assign(ViewEntry& entry, Bytes value);
  /// Empties it, keeping some memory.
  void clear();

  template <class Visit>
  void each(Visit visit) const {
    slots_.each([&](const Slot& slot) { visit(*slot.entry); });
  }
  std::size_t count() const { return slots_.count(); }
  std::size_t taken_bytes() const { return arena_.taken(); }
  std::size_t memory_bytes() const { return arena_.bytes() + slots_.memory_bytes(); }

 private:
  struct Slot {
    uint64_t hash_of_key;
    ViewEntry* entry;  // null = free
    bool taken() const { return entry != nullptr; }
    uint64_t hash() const { return hash_of_key; }
  };

  ExtendibleTable<Slot> slots_;
  ViewArena arena_;
};

}  // namespace spate
