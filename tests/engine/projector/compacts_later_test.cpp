// Stores that are told to compact later: a start has better use for the cores.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "engine/projector/rocks_views.hpp"
#include "engine/state/rocks_state.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

constexpr int flushes = 24;  // three times as many tables as start a compaction

int tables_in(const std::string& path) {
  int count = 0;
  std::error_code gone;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path, gone))
    count += entry.path().extension() == ".sst";
  return count;
}

void await_fewer_tables(const std::string& path) {
  while (tables_in(path) >= flushes) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(CompactsLater, RowsKeepTheirTablesUntilTheyAreToldTo) {
  const TemporaryFolder folder;
  auto rows = std::move(*RocksStateStores::open(folder.path(), {.compacts_later = true}));
  const auto store = rows->partition({1, 0});
  for (uint64_t at = 1; at <= flushes; ++at) {
    const RowWrite row{"hot", as_bytes(at % 2 == 0 ? "even" : "odd")};
    ASSERT_TRUE(store->write({&row, 1}, {.sequence = {at}}));
    ASSERT_TRUE(rows->flush());
  }
  EXPECT_EQ(tables_in(folder.path()), flushes);
  ASSERT_TRUE(rows->compact());
  await_fewer_tables(folder.path());
  EXPECT_EQ((*store->checkpoint())->sequence, Sequence{flushes});
}

TEST(CompactsLater, ViewsKeepTheirTablesUntilTheyAreToldTo) {
  const TemporaryFolder folder;
  RocksViewsLimits limits;
  limits.compacts_later = true;
  auto views = std::move(*RocksViews::open(folder.path(), limits));
  const PartitionId id{1, 0};
  for (uint64_t at = 1; at <= flushes; ++at) {
    const std::string value = std::to_string(at);
    const ViewWrite view{"hot", as_bytes(value)};
    ASSERT_TRUE(views->write(id, {&view, 1}, {.sequence = {at}}));
    ASSERT_TRUE(views->flush());
  }
  EXPECT_EQ(tables_in(folder.path()), flushes);
  ASSERT_TRUE(views->compact());
  await_fewer_tables(folder.path());
  std::string value;
  ASSERT_TRUE(*views->get("hot", value));
  EXPECT_EQ(value, std::to_string(flushes));
}

TEST(CompactsLater, AStoreThatIsFilledFromNothingKeepsItsTablesUntilItIsPutInOrder) {
  const TemporaryFolder folder;
  auto serving = std::move(*RocksViews::open(folder.path() + "/a", {}));
  auto views = std::move(*RocksViews::open(folder.path() + "/b", {}, {2, serving.get()}));
  const PartitionId id{1, 0};
  views->run_behind(100);
  const std::string large(2 << 20, 'x');  // a table each, without a flush
  for (uint64_t at = 1; at <= flushes; ++at) {
    const ViewWrite view{"hot", as_bytes(std::string_view(large).substr(at))};
    ASSERT_TRUE(views->write(id, {&view, 1}, {.sequence = {at}}));
  }
  EXPECT_EQ(tables_in(folder.path() + "/b"), flushes);
  while (*views->arrange() == Step::worked)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_LT(tables_in(folder.path() + "/b"), 8) << "readers would have come to this";
  EXPECT_EQ(*views->arrange(), Step::idle);
  views->run_behind(0);
  std::string value;
  ASSERT_TRUE(*views->get("hot", value));
  EXPECT_EQ(value.size(), large.size() - flushes);
}

}  // namespace
}  // namespace spate
