// UndoLog and RowArena: their rings and chunks at the seams.
#include "engine/state/undo_log.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>

#include "engine/state/row_sort.hpp"

namespace spate {
namespace {

TEST(UndoLog, GivesBackEveryValueWhereverItLiesInTheRing) {
  std::mt19937_64 random(11);
  RowEntry entry{};
  struct Kept {
    uint64_t sequence;
    std::string value;
    bool existed;
  };
  std::deque<Kept> model;
  UndoLog undo;
  uint64_t sequence = 0;
  std::size_t memory = 0;
  for (int step = 0; step < 200'000; ++step) {
    const uint64_t dice = random() % 10;
    if (dice < 5) {
      const bool existed = random() % 8 != 0;
      const std::size_t size = random() % 50 == 0 ? random() % 9000 : random() % 60;
      Kept kept{++sequence, std::string(existed ? size : 0, static_cast<char>(random())), existed};
      undo.push({sequence}, entry, existed ? as_bytes(kept.value) : Bytes{});
      model.push_back(std::move(kept));
    } else if (dice < 8 && !model.empty()) {
      const uint64_t to = model.front().sequence + random() % 3;
      undo.settle({to});
      while (!model.empty() && model.front().sequence <= to) model.pop_front();
    } else if (!model.empty()) {
      const UndoLog::Record& last = undo.back();
      ASSERT_EQ(last.sequence.value, model.back().sequence);
      ASSERT_EQ(undo.value(last).data() != nullptr, model.back().existed);
      ASSERT_EQ(as_text(undo.value(last)), model.back().value);
      undo.pop_back();
      model.pop_back();
    }
    ASSERT_EQ(undo.empty(), model.empty());
    if (step == 100'000) memory = undo.memory_bytes();
  }
  EXPECT_LE(undo.memory_bytes(), memory * 4) << "a steady state does not grow";
}

TEST(RowArena, KeepsRowsApartWhateverTheirSize) {
  std::mt19937_64 random(5);
  RowArena arena;
  for (int round = 0; round < 5; ++round) {
    std::vector<std::pair<uint8_t*, std::size_t>> rows;
    for (int i = 0; i < 300; ++i) {
      const std::size_t size = i % 50 == 49 ? 3 * RowArena::chunk_bytes / 2 : random() % 40'000;
      uint8_t* row = arena.allocate(size);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(row) % 8, 0u);
      std::memset(row, i, size);
      rows.emplace_back(row, size);
    }
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t at = 0; at < rows[i].second; at += 997)
        ASSERT_EQ(rows[i].first[at], static_cast<uint8_t>(i));
    arena.clear();
    EXPECT_LE(arena.memory_bytes(), 12u << 20) << "rows larger than a chunk were given back";
  }
}

TEST(RowArena, AdoptsRowsWithoutMovingThem) {
  RowArena a, b;
  uint8_t* first = a.allocate(100);
  uint8_t* second = b.allocate(100);
  std::memset(first, 1, 100);
  std::memset(second, 2, 100);
  a.adopt(b);
  for (int i = 0; i < 50'000; ++i) std::memset(a.allocate(100), 3, 100);
  for (int i = 0; i < 50'000; ++i) std::memset(b.allocate(100), 4, 100);
  EXPECT_EQ(std::count(first, first + 100, 1), 100);
  EXPECT_EQ(std::count(second, second + 100, 2), 100);
}

TEST(RowSort, OrdersKeysByTheirBytesZeroBytesAndPrefixesIncluded) {
  std::mt19937_64 random(3);
  std::set<std::string> keys;
  while (keys.size() < 5000) {
    std::string key(random() % 2 ? "\2campaign-42" : "\1c");
    for (uint64_t n = random() % 20; n > 0; --n) key += static_cast<char>(random() % 3 * 127);
    keys.insert(key);
  }
  for (std::size_t zeros = 0; zeros < 60; ++zeros) keys.insert("z" + std::string(zeros, '\0'));
  RowGeneration rows;
  uint64_t hash = 0;
  for (const std::string& key : keys) rows.add(hash += 0x9e3779b97f4a7c15, key, 8, true);
  std::vector<SortedRow> sorted;
  rows.each([&](const RowGeneration::Slot& slot) { sorted.push_back({0, slot.entry}); });
  KeySort<RowEntry>::run(sorted);
  ASSERT_EQ(sorted.size(), keys.size());
  auto key = keys.begin();
  for (const SortedRow& row : sorted) ASSERT_EQ(row.entry->key(), *key++);
}

}  // namespace
}  // namespace spate
