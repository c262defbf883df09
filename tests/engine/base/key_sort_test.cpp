// KeySort: against a plain sort of the same keys.
#include "engine/base/key_sort.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

namespace spate {
namespace {

struct Named {
  std::string name;
  std::string_view key() const { return name; }
};

std::vector<std::string> sorted_by_words(std::vector<Named> all, std::mt19937_64& random) {
  std::shuffle(all.begin(), all.end(), random);
  std::vector<SortedEntry<Named>> items;
  for (const Named& one : all) items.push_back({0, &one});
  KeySort<Named>::run(items);
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(item.entry->name);
  return names;
}

void expect_in_order(const std::set<std::string>& keys, std::mt19937_64& random) {
  std::vector<Named> all;
  for (const std::string& key : keys) all.push_back({key});
  const std::vector<std::string> expected(keys.begin(), keys.end());
  EXPECT_EQ(sorted_by_words(all, random), expected);
}

TEST(KeySort, OrdersItemsOfFewStreamsThatBeginToDifferLate) {
  std::mt19937_64 random(1);
  for (const std::size_t count : {0u, 1u, 17u, 900u, 30'000u}) {
    std::set<std::string> keys;
    while (keys.size() < count)
      keys.insert("campaign-" + std::to_string(random() % 3) + std::string(1, '\0') + "claimant-" +
                  std::to_string(random() % 1'000'000'000) + std::string(1, '\0'));
    expect_in_order(keys, random);
  }
}

TEST(KeySort, OrdersBytesOfAnyValueAndKeysThatBeginOthers) {
  std::mt19937_64 random(2);
  for (const uint64_t values : {2u, 3u, 256u}) {
    std::set<std::string> keys;
    for (int n = 0; n < 20'000; ++n) {
      std::string key;
      for (uint64_t left = random() % 30; left > 0; --left)
        key += static_cast<char>(values == 256 ? random() : random() % values * 255);
      keys.insert(key);
    }
    for (std::size_t zeros = 0; zeros < 40; ++zeros) keys.insert(std::string(zeros, '\0'));
    expect_in_order(keys, random);
  }
}

TEST(KeySort, EndsWhereAllAreAlike) {
  std::mt19937_64 random(3);
  const std::string key(100, 'x');
  EXPECT_EQ(sorted_by_words(std::vector<Named>(5000, Named{key}), random),
            std::vector<std::string>(5000, key));
}

}  // namespace
}  // namespace spate
