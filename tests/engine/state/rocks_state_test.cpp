// RocksState: batches and positions, what a killed process leaves, partitions side by side.
#include "engine/state/rocks_state.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "engine/state/checkpoint_record.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

using Rows = std::map<std::string, std::string>;

std::string directory_of(const std::string& name) {
  return scratch_path("rows_" + name);
}

class Store {
 public:
  explicit Store(const std::string& directory, RocksStateOptions options = {}) {
    auto opened = RocksStateStores::open(directory, options);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
    stores_ = std::move(*opened);
    one_ = stores_->partition({1, 0});
    other_ = stores_->partition({1, 1});
  }
  StateStore& one() { return *one_; }
  StateStore& other() { return *other_; }
  RocksStateStores& all() { return *stores_; }

  void write(StateStore& store, uint64_t sequence, const Rows& rows,
             const std::vector<std::string>& erased = {}) {
    std::vector<RowWrite> writes;
    for (const auto& [key, value] : rows) writes.push_back({key, as_bytes(value)});
    for (const std::string& key : erased) writes.push_back({key, {}});
    std::sort(writes.begin(), writes.end(), [](auto& a, auto& b) { return a.key < b.key; });
    ASSERT_TRUE(store.write(writes, {.log = {{3, 4}}, .sequence = {sequence}}));
  }
  static Rows rows_of(StateStore& store) {
    Rows rows;
    EXPECT_TRUE(store.each([&](std::string_view key, Bytes value) {
      EXPECT_TRUE(rows.emplace(key, as_text(value)).second);
    }));
    return rows;
  }
  static uint64_t sequence_of(StateStore& store) {
    auto at = store.checkpoint();
    EXPECT_TRUE(at);
    return *at ? (*at)->sequence.value : 0;
  }

 private:
  std::unique_ptr<RocksStateStores> stores_;
  std::unique_ptr<StateStore> one_, other_;
};

TEST(RocksState, KeepsRowsAndPositionOverACleanClose) {
  const std::string directory = directory_of("clean");
  std::filesystem::remove_all(directory);
  const Checkpoint at{{{1, 2}, 3}, {4}, {5}, {6}, {7}, 8, 9, 10};
  {
    Store s(directory);
    EXPECT_FALSE(*s.one().checkpoint());
    const RowWrite row{"a", as_bytes("1")};
    ASSERT_TRUE(s.one().write({&row, 1}, at));
    ASSERT_TRUE(s.all().close());
  }
  Store s(directory);
  EXPECT_EQ(**s.one().checkpoint(), at);
  EXPECT_EQ(Store::rows_of(s.one()), (Rows{{"a", "1"}}));
}

TEST(RocksState, KeepsPartitionsApart) {
  const std::string directory = directory_of("apart");
  std::filesystem::remove_all(directory);
  Store s(directory);
  s.write(s.one(), 1, {{"a", "one"}, {"b", "one"}});
  s.write(s.other(), 7, {{"a", "other"}});
  EXPECT_EQ(Store::rows_of(s.one()), (Rows{{"a", "one"}, {"b", "one"}}));
  EXPECT_EQ(Store::rows_of(s.other()), (Rows{{"a", "other"}}));
  ASSERT_TRUE(s.one().clear());
  EXPECT_EQ(Store::rows_of(s.one()), Rows{});
  EXPECT_EQ(Store::sequence_of(s.one()), 0u);
  EXPECT_EQ(Store::sequence_of(s.other()), 7u);
  s.write(s.one(), 2, {{"b", "again"}});
  EXPECT_EQ(Store::rows_of(s.one()), (Rows{{"b", "again"}}));
}

TEST(RocksState, GivesValuesInTheOrderOfTheKeys) {
  const std::string directory = directory_of("get");
  std::filesystem::remove_all(directory);
  Store s(directory);
  s.write(s.one(), 1, {{"a", "1"}, {"b", ""}, {"c", "3"}});
  s.write(s.one(), 2, {}, {"c"});
  std::vector<std::optional<std::string>> values;
  const std::string_view keys[] = {"b", "zz", "a", "c", "a"};
  ASSERT_TRUE(s.one().get(keys, values));
  const std::vector<std::optional<std::string>> want{"", std::nullopt, "1", std::nullopt, "1"};
  EXPECT_EQ(values, want);
}

TEST(RocksState, RefusesACheckpointRecordWithAnyFlippedBit) {
  const std::string good = to_record({{{1, 2}, 3}, {4}, {5}, {6}, {7}, 8, 9, 10});
  ASSERT_TRUE(checkpoint_of(as_bytes(good)));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(checkpoint_of(as_bytes(bad))) << bit;
  }
}

TEST(RocksState, RefusesRottenRowsAndSaysWhatToDo) {
  const std::string directory = directory_of("rot");
  std::filesystem::remove_all(directory);
  Rows rows;
  for (int i = 0; i < 2000; ++i) rows["row" + std::to_string(i)] = std::to_string(i * 7919);
  {
    Store s(directory);
    s.write(s.one(), 1, rows);
    ASSERT_TRUE(s.all().close());
  }
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    if (file.path().extension() != ".sst") continue;
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(300).put('\x55').put('\xaa');
  }
  auto opened = RocksStateStores::open(directory);
  if (!opened) {
    EXPECT_EQ(opened.error().code, "rows_rot");
    return;
  }
  const auto read = (*opened)->partition({1, 0})->each([](std::string_view, Bytes) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "rows_rot");
  EXPECT_NE(read.error().detail.find("delete that directory"), std::string::npos);
}

/// The rows after `sequence` random batches; a batch dirties rows of the ones before.
Rows model_at(uint64_t seed, uint64_t sequence, Store* store) {
  std::mt19937_64 random(seed);
  Rows all;
  for (uint64_t at = 1; at <= sequence; ++at) {
    Rows batch;
    for (uint64_t n = random() % 200; n > 0; --n)
      batch["row" + std::to_string(random() % 2000)] = std::to_string(at);
    if (store != nullptr) {
      store->write(store->one(), at, batch);
      store->write(store->other(), at, batch);
    }
    for (const auto& [key, value] : batch) all[key] = value;
  }
  return all;
}

class RocksStateKilled
    : public ::testing::TestWithParam<std::tuple<uint64_t, std::size_t>> {};

TEST_P(RocksStateKilled, OpensAtACompletePositionWithExactlyItsRows) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the child must not inherit RocksDB's threads
  constexpr uint64_t batches = 300;
  const auto [seed, run_bytes_min] = GetParam();
  const std::string directory =
      directory_of("killed" + std::to_string(seed) + "_" + std::to_string(run_bytes_min));
  EXPECT_EXIT(
      {
        std::filesystem::remove_all(directory);
        Store s(directory, {.memory_bytes = 8 << 20,
                            .flush_bytes_max = 40'000,
                            .run_bytes_min = run_bytes_min});
        model_at(seed, batches, &s);
        ::kill(::getpid(), SIGKILL);
      },
      ::testing::KilledBySignal(SIGKILL), "");
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    if (file.path().extension() == ".log") {
      EXPECT_EQ(file.file_size(), 0u) << "no write-ahead log";
    }
  }
  Store s(directory);
  for (StateStore* store : {&s.one(), &s.other()}) {
    const uint64_t at = Store::sequence_of(*store);
    EXPECT_GT(at, 0u) << "a flush every 40 kB keeps the tail bounded";
    EXPECT_LE(at, batches);
    EXPECT_EQ(Store::rows_of(*store), model_at(seed, at, nullptr));
  }
}
// With the second, every other batch or so is a run, between batches that lie in a memtable.
INSTANTIATE_TEST_SUITE_P(Seeds, RocksStateKilled,
                         ::testing::Combine(::testing::Range(uint64_t{1}, uint64_t{6}),
                                            ::testing::Values(std::size_t{16} << 20, 3000)));

TEST(RocksState, HasALargeBatchOnDiskAtOnceAndTheSmallOnesBeforeIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string directory = directory_of("run");
  const Rows large = {{"a", "new"}, {"big", std::string(5000, 'x')}};
  EXPECT_EXIT(
      {
        std::filesystem::remove_all(directory);
        Store s(directory, {.run_bytes_min = 5000});
        s.write(s.one(), 1, {{"a", "old"}, {"c", "small"}, {"z", "erased"}});
        s.write(s.other(), 7, {{"a", "not flushed"}});
        s.write(s.one(), 2, large, {"z"});
        ::kill(::getpid(), SIGKILL);
      },
      ::testing::KilledBySignal(SIGKILL), "");
  Store s(directory);
  EXPECT_EQ(Store::sequence_of(s.one()), 2u);
  Rows both = large;
  both["c"] = "small";
  EXPECT_EQ(Store::rows_of(s.one()), both);
}

TEST(RocksState, BoundsWhatAKilledProcessLosesByTheNumberOfBatches) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string directory = directory_of("batches");
  EXPECT_EXIT(
      {
        std::filesystem::remove_all(directory);
        Store s(directory, {.flush_batches_max = 10});
        for (uint64_t at = 1; at <= 1000; ++at) s.write(s.one(), at, {{"hot", std::to_string(at)}});
        ::kill(::getpid(), SIGKILL);
      },
      ::testing::KilledBySignal(SIGKILL), "");
  Store s(directory);
  EXPECT_GT(Store::sequence_of(s.one()), 500u) << "flushes run behind, but they run";
}

TEST(RocksState, BoundsWhatAKilledProcessLosesByTheNumberOfOutcomes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string directory = directory_of("outcomes");
  EXPECT_EXIT(
      {
        std::filesystem::remove_all(directory);
        Store s(directory, {.flush_batches_max = 1'000'000, .flush_outcomes_max = 1000});
        for (uint64_t at = 100; at <= 100'000; at += 100)
          s.write(s.one(), at, {{"hot", std::to_string(at)}});
        ::kill(::getpid(), SIGKILL);
      },
      ::testing::KilledBySignal(SIGKILL), "");
  Store s(directory);
  EXPECT_GT(Store::sequence_of(s.one()), 50'000u) << "flushes run behind, but they run";
}

TEST(RocksState, HasEveryBatchOnDiskAfterAFlush) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string directory = directory_of("flushed");
  EXPECT_EXIT(
      {
        std::filesystem::remove_all(directory);
        Store s(directory);
        model_at(9, 20, &s);
        if (!s.all().flush()) std::abort();
        ::kill(::getpid(), SIGKILL);
      },
      ::testing::KilledBySignal(SIGKILL), "");
  Store s(directory);
  EXPECT_EQ(Store::sequence_of(s.one()), 20u);
  EXPECT_EQ(Store::rows_of(s.one()), model_at(9, 20, nullptr));
}

}  // namespace
}  // namespace spate
