// RowTable: generations, undoing, and what reaches the store (rules A4, C1).
#include "engine/state/row_table.hpp"

#include "tests/engine/state/row_table_fixture.hpp"

namespace spate {
namespace {

TEST(RowTable, FindsWhatWasWrittenInEveryGeneration) {
  MemoryState memory;
  Table t(memory);
  t.begin().set("stored", 1).write();
  t.begin().set("cache", 2).write();
  t.begin().set("frozen", 3).freeze();
  t.begin().set("active", 4);
  EXPECT_EQ(t.number("stored"), "1");
  EXPECT_EQ(t.number("cache"), "2");
  EXPECT_EQ(t.number("frozen"), "3");
  EXPECT_EQ(t.number("active"), "4");
  EXPECT_EQ(t.number("nowhere"), "-");
}

TEST(RowTable, GivesNewRowsZeroedAndEditsOthersInPlace) {
  MemoryState memory;
  Table t(memory);
  t.begin();
  uint8_t* row = t.rows.edit("a", 40);
  EXPECT_EQ(std::count(row, row + 40, 0), 40);
  t.begin();
  EXPECT_EQ(t.rows.edit("a", 40), row);
  std::fill_n(row, 40, 0xff);
  t.erase("a");
  EXPECT_EQ(t.text("a"), "-");
  const uint8_t* again = t.rows.edit("a", 40);
  EXPECT_EQ(std::count(again, again + 40, 0), 40);
}

TEST(RowTable, KeepsAnEmptyRowApartFromNoRow) {
  MemoryState memory;
  Table t(memory);
  t.begin().put("empty", "").write();
  t.begin().put("other", "").write();
  t.begin().put("more", "").write();
  EXPECT_EQ(t.text("empty"), "");
  EXPECT_EQ(t.text("gone"), "-");
}

TEST(RowTable, UndoesChangesBeyondTheLastDurableOutcome) {
  MemoryState memory;
  Table t(memory);
  t.begin().set("stored", 1).put("text", "old").write();
  t.begin().set("a", 10);
  t.begin().set("a", 20).set("b", 1).set("stored", 2).set("stored", 3);
  t.begin().erase("a").erase("stored").put("text", "much longer than it was before");
  t.settle(2).revert_to(2);
  EXPECT_EQ(t.number("a"), "10");
  EXPECT_EQ(t.number("b"), "-");
  EXPECT_EQ(t.number("stored"), "1");
  EXPECT_EQ(t.text("text"), "old");
}

TEST(RowTable, UndoesAgainWhatIsDecidedAnewUnderTheSameSequence) {
  MemoryState memory;
  Table t(memory);
  t.begin().set("a", 1);
  for (uint64_t attempt = 2; attempt < 6; ++attempt) {
    t.begin().set("a", attempt);
    t.revert_to(1);
    EXPECT_EQ(t.number("a"), "1");
  }
}

TEST(RowTable, RefusesToUndoWhatIsDurable) {
  MemoryState memory;
  Table t(memory);
  t.begin().set("a", 1);
  t.settle(1);
  EXPECT_DEATH(t.revert_to(0), "settled");
}

TEST(RowTable, RefusesToWriteRowsOfUndurableOutcomes) {
  MemoryState memory;
  Table t(memory);
  t.begin().set("a", 1).freeze();
  EXPECT_DEATH((void)t.rows.write_frozen(), "settled");
}

TEST(RowTable, NeverWritesAFrozenSetThatHoldsUndurableRows) {
  MemoryState memory;
  Table t(memory);
  t.begin().set("kept", 1);
  t.begin().set("lost", 2).set("kept", 2).freeze();
  t.begin().set("lost", 3).set("kept", 3);
  t.settle(1).revert_to(1);
  EXPECT_FALSE(t.rows.has_frozen());
  EXPECT_EQ(t.number("kept"), "1");
  EXPECT_EQ(t.number("lost"), "-");
  EXPECT_EQ(memory.unflushed_batches(), 0u);
  t.begin().set("other", 4).write();
  Table reopened(memory);
  EXPECT_EQ(reopened.sequence, 2u);
  EXPECT_EQ(reopened.number("kept"), "1");
  EXPECT_EQ(reopened.number("lost"), "-");
  EXPECT_EQ(reopened.number("other"), "4");
}

TEST(RowTable, KeepsAFrozenSetWhenOnlyLaterOutcomesAreUndone) {
  MemoryState memory;
  Table t(memory);
  t.begin().set("a", 1).freeze();
  t.begin().set("a", 2);
  t.settle(1).revert_to(1);
  EXPECT_TRUE(t.rows.has_frozen());
  EXPECT_EQ(t.number("a"), "1");
}

TEST(RowTable, WritesAllRowsDirtiedSinceTheLastBatchAtOnceWithTheirPosition) {
  MemoryState memory;
  Table t(memory);
  for (int i = 0; i < 1000; ++i) t.begin().set("row" + std::to_string(i), i).set("hot", i);
  t.freeze();
  t.begin().set("later", 1);
  t.settle(t.sequence);
  ASSERT_TRUE(t.rows.write_frozen());
  EXPECT_EQ(t.store.writes, 1u);
  EXPECT_EQ(t.store.rows_written, 1001u);
  EXPECT_EQ((*memory.checkpoint())->sequence.value, 1000u);
  memory.crash(1);
  Table reopened(memory);
  EXPECT_EQ(reopened.number("hot"), "999");
  EXPECT_EQ(reopened.number("later"), "-");
}

TEST(RowTable, WritesOnlyRowsThatChanged) {
  MemoryState memory;
  Table(memory).begin().set("a", 1).set("b", 1).write();
  Table t(memory);
  EXPECT_EQ(t.number("a"), "1");
  t.begin().set("b", 2).write();
  EXPECT_EQ(t.store.rows_written, 1u);
}

TEST(RowTable, ErasesRowsInTheStore) {
  MemoryState memory;
  Table t(memory);
  t.begin().set("a", 1).write();
  t.begin().erase("a").write();
  t.begin().write();
  t.begin().write();
  EXPECT_EQ(t.number("a"), "-");
  EXPECT_EQ(Table(memory).number("a"), "-");
}

TEST(RowTable, ReadsWrittenRowsFromMemoryUntilTheNextFreeze) {
  MemoryState memory;
  Table t(memory);
  t.begin().set("a", 1).write();
  EXPECT_EQ(t.number("a"), "1");
  EXPECT_EQ(t.store.gets, 0u);
  t.begin().write();
  EXPECT_EQ(t.number("a"), "1");
  EXPECT_EQ(t.store.gets, 1u);
}

TEST(RowTable, ReadsAWholeBatchOfKeysInOneGet) {
  MemoryState memory;
  {
    Table t(memory);
    for (const char* key : {"a", "b", "c"}) t.begin().set(key, 7);
    t.write();
  }
  Table t(memory);
  const std::string_view keys[] = {"a", "b", "c", "a", "never"};
  ASSERT_TRUE(t.rows.prefetch(keys));
  EXPECT_EQ(t.store.gets, 1u);
  for (std::string_view key : {"a", "b", "c"}) EXPECT_EQ(t.rows.find(key).size(), 8u);
  EXPECT_EQ(t.store.gets, 1u);
}

TEST(RowTable, NoticesThatARowSeenByAPrefetchWasDroppedSince) {
  MemoryState memory;
  {
    Table t(memory);
    for (uint64_t i = 0; i < 100; ++i) t.begin().set("row" + std::to_string(i), i);
    t.write();
  }
  RowTableLimits limits;
  limits.clean_bytes_max = 1000;
  Table t(memory, limits);
  t.seen("row7", true);
  const HashedKey& seen = t.seen("row7", true);  // loaded, then met in memory
  for (uint64_t i = 0; i < 100; ++i) t.number("row" + std::to_string(i));
  uint64_t number = 0;
  std::memcpy(&number, t.rows.find(seen).data(), sizeof number);
  EXPECT_EQ(number, 7u);
}

TEST(RowTable, FindsARowThatWasNotPrefetched) {
  MemoryState memory;
  Table(memory).begin().set("a", 1).write();
  Table t(memory);
  EXPECT_EQ(t.rows.find("a").size(), 8u);
  EXPECT_EQ(t.rows.find("b").data(), nullptr);
}

TEST(RowTable, AsksTheStoreForFewRowsThatNeverWere) {
  MemoryState memory;
  Table t(memory);
  for (int i = 0; i < 5000; ++i) t.begin().set("row" + std::to_string(i), i);
  t.write();
  t.begin().write();
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(t.number("new" + std::to_string(i)), "-");
  EXPECT_LT(t.store.keys_read, 250u);
}

TEST(RowTable, PassesOnWhatTheStoreFails) {
  MemoryState memory;
  Table t(memory);
  t.begin().set("a", 1).freeze();
  t.settle(1);
  memory.fail_next(1, "rows_write_failed");
  const auto written = t.rows.write_frozen();
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "rows_write_failed");
}

TEST(RowTable, WantsAFreezeAndThenHoldsTheOwnerBackByItsDirtyLimit) {
  MemoryState memory;
  Table t(memory, {.dirty_bytes_max = 20'000});
  int rows = 0;
  for (; !t.rows.wants_freeze(); ++rows) t.begin().set("row" + std::to_string(rows), 1);
  EXPECT_FALSE(t.rows.is_full());
  EXPECT_GT(rows, 100);
  for (; !t.rows.is_full(); ++rows) t.begin().set("row" + std::to_string(rows), 1);
  t.freeze();
  EXPECT_FALSE(t.rows.is_full());
}

TEST(RowTable, HoldsTheOwnerBackWhenTooMuchCouldBeUndone) {
  MemoryState memory;
  Table t(memory, {.undo_bytes_max = 10'000});
  while (!t.rows.is_full()) t.begin().set("hot", 1);
  EXPECT_LT(t.sequence, 1000u);
  t.settle(t.sequence);
  EXPECT_FALSE(t.rows.is_full());
}

TEST(RowTable, KeepsRowsReadFromTheStoreWithinTheirLimit) {
  MemoryState memory;
  {
    Table t(memory);
    for (int i = 0; i < 40'000; ++i) t.begin().set("row" + std::to_string(i), i);
    t.write();
  }
  Table t(memory, {.clean_bytes_max = 64 << 10});
  t.begin().set("dirty", 5);
  const std::size_t before = t.rows.memory_bytes();
  for (int i = 0; i < 40'000; ++i)
    ASSERT_EQ(t.number("row" + std::to_string(i)), std::to_string(i));
  EXPECT_LT(t.rows.memory_bytes(), before + (2 << 20));
  EXPECT_EQ(t.number("dirty"), "5");
}

TEST(RowTable, ReusesItsMemoryFromOneFreezeToTheNext) {
  MemoryState memory;
  Table t(memory);
  std::vector<std::size_t> sizes;
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < 20'000; ++i) t.begin().set(std::to_string(round * 20'000 + i), i);
    t.write();
    sizes.push_back(t.rows.memory_bytes());
  }
  EXPECT_LT(sizes[7], sizes[3] + (2 << 20)) << "grows only by the absence filter";
}

TEST(RowTable, DigestIsEqualForEqualRowsWhateverTheirHistory) {
  MemoryState one_memory, other_memory;
  Table one(one_memory), other(other_memory);
  for (int i = 0; i < 300; ++i) one.begin().set("row" + std::to_string(i), i);
  other.begin().set("extra", 1);
  for (int i = 299; i >= 0; --i) {
    other.begin().set("row" + std::to_string(i), 7).set("row" + std::to_string(i), i);
    if (i % 50 == 0) other.write();
  }
  EXPECT_NE(one.digest(), other.digest());
  other.begin().erase("extra");
  EXPECT_EQ(one.digest(), other.digest());
  one.write();
  EXPECT_EQ(one.digest(), other.digest());
  EXPECT_EQ(Table(one_memory).digest(), other.digest());
  one.begin().set("row5", 6);
  EXPECT_NE(one.digest(), other.digest());
}

TEST(RowTable, DigestTellsKeyFromValue) {
  MemoryState one_memory, other_memory;
  Table one(one_memory), other(other_memory);
  one.begin().put("ab", "c");
  other.begin().put("a", "bc");
  EXPECT_NE(one.digest(), other.digest());
}

}  // namespace
}  // namespace spate
