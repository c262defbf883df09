// AbsenceFilter and its file: no row is overlooked, whatever file a crash or a hand left there (L).
#include "engine/state/absence_filter.hpp"

#include <filesystem>
#include <fstream>

#include "tests/engine/state/row_table_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

constexpr int rows_count = 3000;

std::string fresh_path(const std::string& name) {
  const std::string path = scratch_path("filter_" + name);
  std::filesystem::remove(path);
  return path;
}
void copy(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}
uint64_t hash_of(uint64_t n) {
  return xxh3_64({reinterpret_cast<const uint8_t*>(&n), sizeof n});
}
std::string row(int n) { return "row" + std::to_string(n); }

void write_rows(MemoryState& memory, const std::string& path, int from, int to) {
  Table t(memory, {.filter_path = path});
  for (int i = from; i < to; ++i) t.begin().set(row(i), static_cast<uint64_t>(i));
  t.write();
}

void expect_all_rows(Table& t, int count) {
  for (int i = 0; i < count; ++i) ASSERT_EQ(t.number(row(i)), std::to_string(i));
}

TEST(BlockedFilter, ForgetsNothingAndIsSureOfMostThatIsAbsent) {
  BlockedFilter filter(10'000);
  for (uint64_t n = 0; n < 10'000; ++n) filter.add(hash_of(n));
  for (uint64_t n = 0; n < 10'000; ++n) ASSERT_TRUE(filter.may_contain(hash_of(n)));
  int wrong = 0;
  for (uint64_t n = 10'000; n < 110'000; ++n) wrong += filter.may_contain(hash_of(n));
  EXPECT_LT(wrong, 2000) << "2 % of the absent";
}

TEST(GrowingFilter, KeepsItsRateWhileItGrows) {
  GrowingFilter filter;
  for (uint64_t n = 0; n < 1'000'000; ++n) filter.add(hash_of(n));
  for (uint64_t n = 0; n < 1'000'000; ++n) ASSERT_TRUE(filter.may_contain(hash_of(n)));
  int wrong = 0;
  for (uint64_t n = 1'000'000; n < 1'100'000; ++n) wrong += filter.may_contain(hash_of(n));
  EXPECT_LT(wrong, 5000) << "5 % of the absent, all levels together";
}

TEST(GrowingFilter, IsNotFilledByRowsThatComeAndGo) {
  GrowingFilter filter;
  for (int i = 0; i < 1'000'000; ++i) filter.add(0x123456789abcdef0);
  EXPECT_EQ(filter.levels().size(), 1u);
  EXPECT_EQ(filter.levels()[0]->keys(), 1u);
}

TEST(BlockedFilter, ForgetsNothingWhenItsBlocksGoIntoFewer) {
  BlockedFilter filter(10'000);
  for (uint64_t n = 0; n < 10'000; ++n) filter.add(hash_of(n));
  for (const std::size_t blocks : {filter.blocks(), filter.blocks() - 1, filter.blocks() / 2,
                                   std::size_t{7}, std::size_t{1}}) {
    const bool is_half = blocks == filter.blocks() / 2;  // which still rules most out
    BlockedFilter smaller(blocks, 1, 0);
    constexpr std::size_t piece = 5;  // blocks
    for (std::size_t from = 0; from < filter.blocks(); from += piece) {
      const std::size_t count = std::min(piece, filter.blocks() - from);
      smaller.add_blocks({filter.words() + from * 8, count * 8}, from, filter.blocks());
    }
    for (uint64_t n = 0; n < 10'000; ++n) ASSERT_TRUE(smaller.may_contain(hash_of(n))) << blocks;
    int wrong = 0;
    for (uint64_t n = 10'000; n < 20'000; ++n) wrong += smaller.may_contain(hash_of(n));
    EXPECT_LT(wrong, blocks == filter.blocks() ? 200 : is_half ? 2500 : 10'001);
  }
}

TEST(GrowingFilter, ForgetsNothingHoweverLittleRoomItHas) {
  for (const std::size_t room_bytes : {0, 64, 10'000, 200'000, 900'000}) {
    const auto room = std::make_shared<FilterRoom>(room_bytes);
    {
      GrowingFilter filter(room), other(room);
      for (uint64_t n = 0; n < 300'000; ++n) {
        filter.add(hash_of(n));
        if (n % 3 == 0) other.add(hash_of(n));
      }
      for (uint64_t n = 0; n < 300'000; ++n) ASSERT_TRUE(filter.may_contain(hash_of(n)));
      for (uint64_t n = 0; n < 300'000; n += 3) ASSERT_TRUE(other.may_contain(hash_of(n)));
      const std::size_t least = 2 * BlockedFilter::block_bytes;  // where there is no room at all
      EXPECT_LE(filter.bytes() + other.bytes(), std::max(room_bytes, least));
    }
    EXPECT_EQ(room->left(), room_bytes) << "what is gone leaves its room";
  }
}

TEST(AbsenceFilter, FitsALargeFileIntoLittleRoom) {
  const std::string path = fresh_path("room");
  MemoryState memory;
  write_rows(memory, path, 0, rows_count);
  const auto room = std::make_shared<FilterRoom>(std::size_t{8} << 10);
  Table t(memory, {.filter_path = path, .filter_room = room});
  EXPECT_EQ(t.store.scans, 0u) << t.rows.note();
  EXPECT_GE(room->left(), std::size_t{4} << 10);
  EXPECT_LT(room->left(), std::size_t{8} << 10);
  expect_all_rows(t, rows_count);
  write_rows(memory, path, rows_count, rows_count + 100);
  Table again(memory, {.filter_path = path, .filter_room = room});
  EXPECT_EQ(again.store.scans, 0u) << again.rows.note();
  expect_all_rows(again, rows_count + 100);
}

TEST(AbsenceFilter, ComesBackFromItsFileWithoutAScan) {
  const std::string path = fresh_path("file");
  MemoryState memory;
  write_rows(memory, path, 0, rows_count);
  Table t(memory, {.filter_path = path});
  EXPECT_EQ(t.rows.note(), "");
  EXPECT_EQ(t.store.scans, 0u);
  expect_all_rows(t, rows_count);
}

TEST(AbsenceFilter, MakesTheFolderOfItsFile) {
  const std::string folder = scratch_path("filter_folder");
  std::filesystem::remove_all(folder);
  MemoryState memory;
  write_rows(memory, folder + "/redemptions-0", 0, 10);
  EXPECT_TRUE(std::filesystem::exists(folder + "/redemptions-0"));
}

TEST(AbsenceFilter, CoversAStoreThatACrashSetBack) {
  const std::string path = fresh_path("back");
  MemoryState memory;
  write_rows(memory, path, 0, 1000);
  memory.flush();
  write_rows(memory, path, 1000, 2000);
  memory.crash(0);
  Table t(memory, {.filter_path = path});
  EXPECT_EQ(t.store.scans, 0u);
  expect_all_rows(t, 1000);
  EXPECT_EQ(t.number(row(1500)), "-");
}

TEST(AbsenceFilter, IsSavedBeforeTheRowsGoDown) {
  const std::string path = fresh_path("order");
  MemoryState memory;
  Table t(memory, {.filter_path = path});
  t.begin().set("a", 1).freeze().settle(1);
  memory.fail_next(1, "rows_write_failed");
  EXPECT_FALSE(t.rows.write_frozen());
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(AbsenceFilter, IsReadAnewFromTheRowsWhenItsFileIsMissingOrBehind) {
  const std::string path = fresh_path("behind");
  MemoryState memory;
  write_rows(memory, path, 0, 1000);
  copy(path, path + ".old");
  write_rows(memory, path, 1000, 2000);
  std::filesystem::rename(path + ".old", path);
  {
    Table t(memory, {.filter_path = path});
    EXPECT_NE(t.rows.note().find("does not cover"), std::string::npos) << t.rows.note();
    expect_all_rows(t, 2000);
  }
  std::filesystem::remove(path);
  Table t(memory, {.filter_path = path});
  EXPECT_NE(t.rows.note().find("does not exist"), std::string::npos) << t.rows.note();
  expect_all_rows(t, 2000);
}

TEST(AbsenceFilter, IsReadAnewWhenItsHashesAreOfAnotherSeed) {
  const std::string path = fresh_path("seed");
  MemoryState memory;
  write_rows(memory, path, 0, 1000);
  Table t(memory, {.hash_seed = 5, .filter_path = path});
  EXPECT_NE(t.rows.note(), "");
  expect_all_rows(t, 1000);
}

TEST(AbsenceFilter, IsReadAnewWhenAnyByteOfItsFileIsRotten) {
  const std::string path = fresh_path("rot");
  MemoryState memory;
  write_rows(memory, path, 0, 200);
  const auto size = static_cast<int>(std::filesystem::file_size(path));
  for (int at = 0; at < size; at += at < 200 ? 1 : 997) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const int byte = file.get();
    file.seekp(at).put(static_cast<char>(byte ^ 0x10));
    file.close();
    Table t(memory, {.filter_path = path});
    EXPECT_NE(t.rows.note(), "") << "byte " << at;
    expect_all_rows(t, 200);
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary)
        .seekp(at)
        .put(static_cast<char>(byte));
  }
  for (int length = 0; length < size; length += size / 20) {
    copy(path, path + ".cut");
    std::filesystem::resize_file(path + ".cut", static_cast<uintmax_t>(length));
    Table t(memory, {.filter_path = path + ".cut"});
    EXPECT_NE(t.rows.note(), "") << "cut to " << length;
    expect_all_rows(t, 200);
  }
}

}  // namespace
}  // namespace spate
