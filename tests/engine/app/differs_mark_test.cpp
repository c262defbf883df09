// DiffersMarks: what is marked is read again, each partition once, whatever the reason's text.
#include "engine/app/differs_mark.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

TEST(DiffersMarks, KeepsEachPartitionOnceWithItsFirstReason) {
  const TemporaryFolder store;
  DiffersMarks marks;
  EXPECT_TRUE(marked_differing(store.path()).empty());
  ASSERT_TRUE(marks.add(store.path(), {"orders", 3, "they differ,\nand more"}));
  ASSERT_TRUE(marks.add(store.path(), {"orders", 30, "they too"}));
  ASSERT_TRUE(marks.add(store.path(), {"orders", 3, "again"}));
  const auto marked = marked_differing(store.path());
  ASSERT_EQ(marked.size(), 2u);
  EXPECT_EQ(marked[0].domain, "orders");
  EXPECT_EQ(marked[0].index, 3);
  EXPECT_EQ(marked[0].why, "they differ, and more");
  EXPECT_EQ(marked[1].index, 30);
  EXPECT_EQ(marked[1].why, "they too");
}

TEST(DiffersMarks, LoseNoneThatTwoThreadsAddAtOnce) {
  const TemporaryFolder store;
  DiffersMarks marks;
  const auto add = [&](uint16_t first) {
    for (uint16_t index = first; index < first + 20; ++index)
      EXPECT_TRUE(marks.add(store.path(), {"orders", index, "they differ"}));
  };
  std::thread scan(add, 0), compare(add, 20);
  scan.join(), compare.join();
  EXPECT_EQ(marked_differing(store.path()).size(), 40u);
}

TEST(DiffersMarks, OneThatCannotBeReadCountsAsAMark) {
  const TemporaryFolder store;
  std::filesystem::create_directories(store.path() + "/DIFFERS");
  const auto marked = marked_differing(store.path());
  ASSERT_EQ(marked.size(), 1u);
  EXPECT_EQ(marked[0].domain, "");
  EXPECT_NE(marked[0].why, "");
}

}  // namespace
}  // namespace spate
