// ViewStore: one contract for memory and RocksDB.
#include "engine/projector/view_store.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/projector/memory_views.hpp"
#include "engine/projector/rocks_views.hpp"
#include "tests/engine/projector/killed_process.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

constexpr PartitionId p0{1, 0}, p1{1, 1}, other{2, 0};

std::string item(PartitionId p, std::string_view key) {
  std::string out;
  view_key(p, ViewScope::item, {2, key}, "s", out);
  return out;
}

Checkpoint at(uint64_t sequence) {
  Checkpoint c;
  c.log = {{3, 4}, 5};
  c.epoch = {6};
  c.sequence = {sequence};
  c.cause = {sequence * 2};
  c.time = {99};
  c.chain = 0xfedcba9876543210;
  c.schema_digest = 8;
  c.logic_version = 9;
  return c;
}

class ViewStoreContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    serving_.reset();
    if (std::string_view(GetParam()) == "rocks_behind") {
      serving_ = std::move(*RocksViews::open(folder_.path(), {}));
      store_ = std::move(*RocksViews::open(folder_.path(), {}, {2, serving_.get()}));
      store_->run_behind(30);
    } else if (std::string_view(GetParam()) == "memory")
      store_ = std::make_unique<MemoryViews>();
    else if (std::string_view(GetParam()) == "rocks")
      store_ = std::move(*RocksViews::open(folder_.path(), {}));
    else
      store_ = std::move(*RocksViews::open(folder_.path(), {.run_bytes_min = 1}));
  }
  void write(PartitionId p, const std::vector<std::pair<std::string, std::string>>& views,
             uint64_t sequence) {
    std::vector<ViewWrite> writes;
    for (const auto& [key, value] : views)
      writes.push_back({key, value == "gone" ? Bytes{} : as_bytes(value)});
    ASSERT_TRUE(store_->write(p, writes, at(sequence)).has_value());
  }
  std::string get(const std::string& key) {
    std::string value;
    const auto found = store_->get(key, value);
    if (!found) return found.error().detail;
    return *found ? value : "none";
  }
  std::string all(const KeyRange& range) {
    std::string text;
    const auto cursor = store_->scan(range);
    for (; cursor->valid(); cursor->next())
      text += std::string(body_in(cursor->key()).substr(2)) + "/" +
              std::to_string(partition_in(cursor->key()).index) + "=" +
              std::string(as_text(cursor->value())) + " ";
    EXPECT_TRUE(cursor->status().has_value());
    return text;
  }

  TemporaryFolder folder_;
  std::unique_ptr<RocksViews> serving_;  // of the store that is behind it; outlives that
  std::unique_ptr<ViewStore> store_;
};

TEST_P(ViewStoreContract, HoldsViewsAndThePositionTheyAreAt) {
  EXPECT_EQ(*store_->checkpoint(p0), std::nullopt);
  write(p0, {{item(p0, "a"), "1"}, {item(p0, "b"), ""}}, 7);
  EXPECT_EQ(*store_->checkpoint(p0), at(7));
  EXPECT_EQ(*store_->checkpoint(p1), std::nullopt);
  EXPECT_EQ(get(item(p0, "a")), "1");
  EXPECT_EQ(get(item(p0, "b")), "");
  EXPECT_EQ(get(item(p0, "c")), "none");
}

TEST_P(ViewStoreContract, ReplacesAndErases) {
  write(p0, {{item(p0, "a"), "1"}, {item(p0, "b"), "1"}}, 1);
  write(p0, {{item(p0, "a"), "gone"}, {item(p0, "b"), "2"}}, 2);
  EXPECT_EQ(get(item(p0, "a")), "none");
  EXPECT_EQ(get(item(p0, "b")), "2");
  EXPECT_EQ(*store_->checkpoint(p0), at(2));
}

TEST_P(ViewStoreContract, ScansARangeOverAllPartitionsInKeyOrder) {
  write(p0, {{item(p0, "a"), "1"}, {item(p0, "aa"), "2"}, {item(p0, "c"), "3"}}, 1);
  write(p1, {{item(p1, "a"), "4"}, {item(p1, "b"), "5"}}, 1);
  write(other, {{item(other, "a"), "6"}}, 1);
  EXPECT_EQ(all(item_range(1, 2, "s")), "a/0=1 a/1=4 aa/0=2 b/1=5 c/0=3 ");
  EXPECT_EQ(all(item_range(1, 2, "t")), "");
}

TEST_P(ViewStoreContract, ForgetsOnePartitionAlone) {
  write(p0, {{item(p0, "a"), "1"}}, 1);
  write(p1, {{item(p1, "a"), "2"}}, 2);
  write(other, {{item(other, "a"), "3"}}, 3);
  ASSERT_TRUE(store_->clear(p0).has_value());
  EXPECT_EQ(get(item(p0, "a")) + get(item(p1, "a")) + get(item(other, "a")), "none23");
  EXPECT_EQ(*store_->checkpoint(p0), std::nullopt);
  EXPECT_EQ(*store_->checkpoint(p1), at(2));
  EXPECT_EQ(all(item_range(1, 2, "s")), "a/1=2 ");
}

TEST_P(ViewStoreContract, TendsItselfUntilThereIsNothingLeftToDo) {
  write(p0, {{item(p0, "a"), "1"}}, 1);
  while (*store_->tend() == Step::worked) {
  }
  EXPECT_EQ(get(item(p0, "a")), "1");
  EXPECT_EQ(get(item(p0, "b")), "none");
}

INSTANTIATE_TEST_SUITE_P(Stores, ViewStoreContract,
                         testing::Values("memory", "rocks", "rocks_runs", "rocks_behind"),
                         [](const auto& info) { return std::string(info.param); });

TEST(MemoryViews, LosesUnflushedWritesFromTheEndInACrash) {
  MemoryViews store;
  const std::string key = item(p0, "a");
  for (uint64_t n = 1; n <= 3; ++n) {
    const std::string value = std::to_string(n);
    const ViewWrite write{key, as_bytes(value)};
    ASSERT_TRUE(store.write(p0, {&write, 1}, at(n)).has_value());
    if (n == 1) {
      ASSERT_TRUE(store.flush().has_value());
    }
  }
  EXPECT_EQ(store.unflushed(), 2u);
  store.crash(1);
  std::string value;
  EXPECT_TRUE(*store.get(key, value));
  EXPECT_EQ(value, "2");
  EXPECT_EQ(*store.checkpoint(p0), at(2));
  store.crash(0);
  EXPECT_EQ(*store.checkpoint(p0), at(2)) << "what a crash left is on disk";
}

void write_one(RocksViews& store, uint64_t n) {
  const std::string key = item(p0, std::to_string(n));
  const std::string value = std::to_string(n);
  const ViewWrite write{key, as_bytes(value)};
  ENSURE(store.write(p0, {&write, 1}, at(n)).has_value());
}

TEST(RocksViews, OpensAtACompletePositionAfterAKill) {
  SharedFolder folder;
  in_killed_process([&] {
    auto store = std::move(*RocksViews::open(folder.path(), {}));
    for (uint64_t n = 1; n <= 5; ++n) {
      write_one(*store, n);
      if (n == 3) ENSURE(store->flush().has_value());
    }
    store.release();
  });
  auto store = std::move(*RocksViews::open(folder.path(), {}));
  const auto stored = *store->checkpoint(p0);
  ASSERT_TRUE(stored.has_value());
  EXPECT_GE(stored->sequence.value, 3u);
  std::string value;
  for (uint64_t n = 1; n <= 5; ++n)
    EXPECT_EQ(*store->get(item(p0, std::to_string(n)), value), n <= stored->sequence.value) << n;
}

TEST(RocksViews, HasALargeWriteOnDiskAtOnceAndTheSmallOnesBeforeIt) {
  SharedFolder folder;
  const std::string old = item(p0, "b"), big = item(p0, "a"), large(5000, 'x');
  in_killed_process([&] {
    auto store = std::move(*RocksViews::open(folder.path(), {.run_bytes_min = 5000}));
    write_one(*store, 1);
    const std::vector<ViewWrite> first = {{big, as_bytes("old")}, {old, as_bytes("old")}};
    ENSURE(store->write(p0, first, at(2)).has_value());
    const std::vector<ViewWrite> second = {{big, as_bytes(large)}, {old, {}}};
    ENSURE(store->write(p0, second, at(3)).has_value());
    store.release();
  });
  auto store = std::move(*RocksViews::open(folder.path(), {}));
  EXPECT_EQ(*store->checkpoint(p0), at(3));
  std::string value;
  EXPECT_TRUE(*store->get(item(p0, "1"), value));
  EXPECT_FALSE(*store->get(old, value));
  ASSERT_TRUE(*store->get(big, value));
  EXPECT_EQ(value, large);
}

TEST(RocksViews, FinishesAClearThatAKillCutShort) {
  TemporaryFolder folder;
  {
    auto store = std::move(*RocksViews::open(folder.path(), {}));
    for (uint64_t n = 1; n <= 5; ++n) write_one(*store, n);
    ASSERT_TRUE(store->mark_clearing(p0).has_value());
  }
  auto store = std::move(*RocksViews::open(folder.path(), {}));
  EXPECT_EQ(*store->checkpoint(p0), std::nullopt);
  std::string value;
  for (uint64_t n = 1; n <= 5; ++n)
    EXPECT_FALSE(*store->get(item(p0, std::to_string(n)), value)) << n;
}

TEST(RocksViews, FindsEverythingAfterAReopen) {
  TemporaryFolder folder;
  constexpr uint64_t many = 50'000;  // more than one slice of upkeep
  {
    auto store = std::move(*RocksViews::open(folder.path(), {}));
    std::vector<std::string> keys;
    for (uint64_t n = 0; n < many; ++n) keys.push_back(item(p0, std::to_string(1'000'000 + n)));
    std::vector<ViewWrite> writes;
    for (const std::string& key : keys) writes.push_back({key, as_bytes("v")});
    ASSERT_TRUE(store->write(p0, writes, at(1)).has_value());
  }
  auto store = std::move(*RocksViews::open(folder.path(), {}));
  std::string value;
  const auto found = [&] {
    std::size_t count = 0;
    for (uint64_t n = 0; n < 2 * many; ++n)
      count += *store->get(item(p0, std::to_string(1'000'000 + n)), value);
    return count;
  };
  EXPECT_EQ(found(), many);
  while (*store->tend() == Step::worked) {
  }
  EXPECT_EQ(found(), many);
}

TEST(RocksViews, BeginsAnewWhenItsFilesAreRotten) {
  TemporaryFolder folder;
  {
    auto store = std::move(*RocksViews::open(folder.path(), {}));
    write_one(*store, 1);
  }
  for (const auto& file : std::filesystem::directory_iterator(folder.path() + "/1"))
    if (file.path().filename().string().starts_with("MANIFEST"))
      std::filesystem::resize_file(file.path(), 10);
  const auto store = std::move(*RocksViews::open(folder.path(), {}));
  EXPECT_NE(store->note(), "");
  EXPECT_EQ(*store->checkpoint(p0), std::nullopt);
}

TEST(RocksViews, SaysWhichPathItCannotUse) {
  TemporaryFolder folder;
  std::ofstream(folder.path() + "/views") << "a file";
  const auto store = RocksViews::open(folder.path() + "/views", {});
  ASSERT_FALSE(store.has_value());
  EXPECT_NE(store.error().detail.find(folder.path()), std::string::npos);
}

}  // namespace
}  // namespace spate
