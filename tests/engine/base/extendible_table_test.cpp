// ExtendibleTable beside a std::map, through splits, gaps and skewed hashes.
#include "engine/base/extendible_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace spate {
namespace {

struct Slot {
  uint64_t hash_of_key;
  uint64_t key;  // 0 = free
  bool taken() const { return key != 0; }
  uint64_t hash() const { return hash_of_key; }
};
using Table = ExtendibleTable<Slot>;

Slot* find(const Table& table, uint64_t hash, uint64_t key) {
  return table.find(hash, [key](const Slot& slot) { return slot.key == key; });
}

uint64_t spread(uint64_t key) { return key * 0x9e3779b97f4a7c15 ^ key << 40; }

std::set<uint64_t> keys_of(const Table& table) {
  std::set<uint64_t> keys;
  table.each([&](const Slot& slot) { EXPECT_TRUE(keys.insert(slot.key).second); });
  return keys;
}

TEST(ExtendibleTable, AnEmptyOneHasNothingAndTakesNoMemory) {
  const Table table;
  EXPECT_EQ(find(table, 7, 7), nullptr);
  table.prefetch(7);
  EXPECT_EQ(table.count(), 0u);
  EXPECT_EQ(table.memory_bytes(), 0u);
}

TEST(ExtendibleTable, FindsAllThatWasAddedThroughEverySplit) {
  Table table;
  constexpr uint64_t keys = 50'000;
  for (uint64_t key = 1; key <= keys; ++key) {
    table.add({spread(key), key});
    // The one before has just moved, if any did; the first has moved most often.
    ASSERT_NE(find(table, spread(key), key), nullptr) << key;
    ASSERT_NE(find(table, spread(1), 1), nullptr) << key;
  }
  for (uint64_t key = 1; key <= keys; ++key) ASSERT_NE(find(table, spread(key), key), nullptr);
  for (uint64_t key = keys + 1; key <= 2 * keys; ++key)
    ASSERT_EQ(find(table, spread(key), key), nullptr);
  EXPECT_EQ(table.count(), keys);
  EXPECT_EQ(keys_of(table).size(), keys);
}

TEST(ExtendibleTable, MemoryIsThatOfSegmentsAtLeastAQuarterFull) {
  Table table;
  for (uint64_t key = 1; key <= 200'000; ++key) table.add({spread(key), key});
  EXPECT_LE(table.memory_bytes(), 200'000 * sizeof(Slot) * 4);
}

TEST(ExtendibleTable, HashesThatShareManyLeadingBitsSplitUntilTheyDiffer) {
  Table table;
  // All but one in 4,096 begin alike: the directory grows deep for them alone.
  std::mt19937_64 random(1);
  std::map<uint64_t, uint64_t> hashes;
  for (uint64_t key = 1; key <= 20'000; ++key) {
    const uint64_t hash = key % 4096 == 0 ? random() : random() >> 12 | uint64_t{0xabc} << 52;
    hashes[key] = hash;
    table.add({hash, key});
  }
  for (const auto& [key, hash] : hashes) ASSERT_NE(find(table, hash, key), nullptr) << key;
}

TEST(ExtendibleTable, EqualHashesLieSideBySide) {
  Table table;
  for (uint64_t key = 1; key <= 600; ++key) table.add({42, key});
  for (uint64_t key = 1; key <= 600; ++key) ASSERT_NE(find(table, 42, key), nullptr);
  EXPECT_EQ(find(table, 42, 601), nullptr);
}

TEST(ExtendibleTable, DoesWhatAMapDoes) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    Table table;
    std::map<uint64_t, uint64_t> model;  // by key: its hash
    // Few different homes: long chains, and gaps in their middle.
    const uint64_t homes = seed % 2 == 0 ? 16 : uint64_t{1} << 20;
    uint64_t next = 1;
    for (int step = 0; step < 6'000; ++step) {
      const uint64_t what = random() % 100;
      if (what < 70 || model.empty()) {
        const uint64_t hash = random() >> 44 << 44 | random() % homes << 32;
        table.add({hash, next});
        model[next++] = hash;
      } else if (what < 97) {
        auto some = model.lower_bound(random() % next);
        if (some == model.end()) some = model.begin();
        Slot* slot = find(table, some->second, some->first);
        ASSERT_NE(slot, nullptr);
        table.erase(*slot);
        model.erase(some);
      } else if (what < 99) {
        const uint64_t odd = random() % 2;
        table.keep_only([odd](const Slot& slot) { return slot.key % 3 != odd; });
        std::erase_if(model, [odd](const auto& pair) { return pair.first % 3 == odd; });
      } else if (random() % 8 == 0) {
        table.clear();
        model.clear();
      }
      ASSERT_EQ(table.count(), model.size());
    }
    for (const auto& [key, hash] : model) ASSERT_NE(find(table, hash, key), nullptr) << seed;
    std::set<uint64_t> keys;
    for (const auto& [key, hash] : model) keys.insert(key);
    EXPECT_EQ(keys_of(table), keys) << seed;
  }
}

TEST(ExtendibleTable, AMovedOneTakesAllWithIt) {
  Table table, other;
  for (uint64_t key = 1; key <= 5'000; ++key) table.add({spread(key), key});
  std::swap(table, other);
  EXPECT_EQ(find(table, spread(1), 1), nullptr);
  table.add({spread(9), 9});
  EXPECT_EQ(other.count(), 5'000u);
  EXPECT_NE(find(other, spread(4'999), 4'999), nullptr);
  EXPECT_NE(find(table, spread(9), 9), nullptr);
}

}  // namespace
}  // namespace spate
