// A small language for tests of RowTable: rows are numbers under short names.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "engine/state/memory_state.hpp"
#include "engine/state/row_table.hpp"

namespace spate {

/// A store that counts what is asked of it.
class CountingStore final : public StateStore {
 public:
  explicit CountingStore(StateStore& below) : below_(below) {}
  Result<std::optional<Checkpoint>> checkpoint() override { return below_.checkpoint(); }
  Result<void> get(std::span<const std::string_view> keys,
                   std::vector<std::optional<std::string>>& values) override {
    ++gets;
    keys_read += keys.size();
    return below_.get(keys, values);
  }
  Result<void> write(std::span<const RowWrite> rows, const Checkpoint& at) override {
    ++writes;
    rows_written += rows.size();
    return below_.write(rows, at);
  }
  Result<void> each(const std::function<void(std::string_view, Bytes)>& visit) override {
    ++scans;
    return below_.each(visit);
  }
  Result<void> clear() override { return below_.clear(); }

  std::atomic<std::size_t> gets{0}, keys_read{0}, writes{0}, rows_written{0}, scans{0};

 private:
  StateStore& below_;
};

class Table {
 public:
  explicit Table(MemoryState& memory, RowTableLimits limits = {})
      : store(memory), rows(store, std::move(limits)) {
    EXPECT_TRUE(rows.open());
    auto at = store.checkpoint();
    if (at && *at) sequence = (*at)->sequence.value;
  }

  Table& begin() {
    rows.begin({++sequence});
    return *this;
  }
  Table& set(std::string_view key, uint64_t value) {
    fetch(key);
    uint64_t* row = reinterpret_cast<uint64_t*>(rows.edit(key, sizeof value));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(row) % 8, 0u);
    *row = value;
    return *this;
  }
  Table& put(std::string_view key, std::string_view text) {
    fetch(key);
    rows.put(key, as_bytes(text));
    return *this;
  }
  Table& erase(std::string_view key) {
    fetch(key);
    rows.erase(key);
    return *this;
  }
  /// "-" = no such row.
  std::string text(std::string_view key) {
    fetch(key);
    const Bytes value = rows.find(key);
    return value.data() == nullptr ? "-" : std::string(as_text(value));
  }
  std::string number(std::string_view key) {
    const std::string value = text(key);
    if (value.size() != 8) return value;
    uint64_t number;
    std::memcpy(&number, value.data(), 8);
    return std::to_string(number);
  }
  Table& settle(uint64_t to) {
    rows.settle({to});
    return *this;
  }
  Table& revert_to(uint64_t to) {
    rows.revert_to({to});
    sequence = std::min(sequence, to);
    return *this;
  }
  Table& freeze() {
    rows.freeze(checkpoint());
    return *this;
  }
  /// Freezes, settles and writes.
  Table& write() {
    if (!rows.has_frozen()) freeze();
    settle(sequence);
    EXPECT_TRUE(rows.write_frozen());
    rows.finish_frozen();
    return *this;
  }
  Checkpoint checkpoint() const { return {.log = {{1, 2}}, .sequence = {sequence}}; }
  Hash128 digest() {
    auto digest = rows.digest();
    EXPECT_TRUE(digest);
    return *digest;
  }
  void fetch(std::string_view key) { EXPECT_TRUE(rows.prefetch({&key, 1})); }
  /// The key with what its last prefetch saw, however long ago that was; `anew`: was just now.
  const HashedKey& seen(const std::string& key, bool anew) {
    const auto [place, is_first] = seen_.try_emplace(key);
    if (is_first) place->second = rows.hashed(place->first);
    if (is_first || anew) {
      EXPECT_TRUE(rows.prefetch({&place->second, 1}));
    }
    return place->second;
  }

  CountingStore store;
  RowTable rows;
  uint64_t sequence = 0;

 private:
  std::map<std::string, HashedKey> seen_;
};

}  // namespace spate
