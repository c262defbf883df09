// IdTable: what is remembered through freezes, reverts, restarts, and rot of its files (A4, D4, L).
#include "engine/state/id_table.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "engine/base/hash.hpp"
#include "tests/engine/state/numbered_ids.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

std::string fresh_directory(const std::string& name) {
  const std::string path = scratch_path("ids_" + name);
  std::filesystem::remove_all(path);
  return path;
}
/// A small language: ids are numbers.
class Ids {
 public:
  explicit Ids(std::string directory, IdTableLimits limits = {})
      : table(std::move(directory), limits) {
    const auto opened = table.open();
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
    sequence = table.covered().value;
  }
  Ids& insert(uint64_t n) {
    table.insert(id_of(n), {{++sequence}, n * 3});
    return *this;
  }
  /// The sequence under which `n` is known; 0 = it is not.
  uint64_t known(uint64_t n) {
    table.prefetch(id_of(n));
    const auto known = table.find(id_of(n));
    EXPECT_TRUE(known) << known.error().detail;
    if (!known || !*known) return 0;
    EXPECT_EQ((*known)->fingerprint, n * 3);
    return (*known)->sequence.value;
  }
  Ids& write() {
    table.freeze({sequence});
    table.settle({sequence});
    EXPECT_TRUE(table.write_frozen());
    table.finish_frozen();
    return *this;
  }
  IdTable table;
  uint64_t sequence = 0;
};

TEST(IdTable, KnowsWhatWasInsertedAndNothingElse) {
  Ids ids("");
  for (uint64_t n = 0; n < 5000; ++n) ids.insert(n);
  for (uint64_t n = 0; n < 5000; ++n) ASSERT_EQ(ids.known(n), n + 1);
  for (uint64_t n = 5000; n < 10'000; ++n) ASSERT_EQ(ids.known(n), 0u);
}

TEST(IdTable, GivesTheNewestOutcomeOfAnId) {
  Ids ids(fresh_directory("newest"));
  ids.insert(1).write();
  ids.insert(2).insert(1).write();
  ids.insert(3).write();
  EXPECT_EQ(ids.known(1), 3u);
  EXPECT_EQ(Ids(scratch_path("ids_newest")).known(1), 3u);
}

TEST(IdTable, ForgetsIdsOfOutcomesThatNeverWere) {
  Ids ids("");
  ids.insert(1).insert(2).insert(1).insert(3);
  ids.table.settle({1});
  ids.table.revert_to({2});
  EXPECT_EQ(ids.known(1), 1u);
  EXPECT_EQ(ids.known(2), 2u);
  EXPECT_EQ(ids.known(3), 0u);
}

TEST(IdTable, NeverWritesFrozenIdsOfUndurableOutcomes) {
  const std::string directory = fresh_directory("undurable");
  Ids ids(directory);
  ids.insert(1).insert(2);
  ids.table.freeze({2});
  EXPECT_DEATH((void)ids.table.write_frozen(), "settled");
  ids.table.settle({1});
  ids.table.revert_to({1});
  EXPECT_FALSE(ids.table.has_frozen());
  EXPECT_EQ(ids.known(1), 1u);
  EXPECT_EQ(ids.known(2), 0u);
  ids.sequence = 1;
  ids.insert(5).write();
  Ids reopened(directory);
  EXPECT_EQ(reopened.known(1), 1u);
  EXPECT_EQ(reopened.known(2), 0u);
  EXPECT_EQ(reopened.known(5), 2u);
}

TEST(IdTable, SaysHowFarItsRunsCoverTheLog) {
  const std::string directory = fresh_directory("covered");
  {
    Ids ids(directory);
    EXPECT_EQ(ids.table.covered().value, 0u);
    ids.insert(1).insert(2);
    ids.table.freeze({7});  // later outcomes had no id to remember
    ids.table.settle({7});
    ASSERT_TRUE(ids.table.write_frozen());
    EXPECT_EQ(ids.table.covered().value, 0u);
    ids.table.finish_frozen();
    EXPECT_EQ(ids.table.covered().value, 7u);
    ids.sequence = 7;
    ids.insert(3);
  }
  Ids reopened(directory);
  EXPECT_EQ(reopened.table.covered().value, 7u);
  EXPECT_EQ(reopened.known(2), 2u);
  EXPECT_EQ(reopened.known(3), 0u);
}

TEST(IdTable, TakesTheSameTailOfTheLogTwice) {
  const std::string directory = fresh_directory("twice");
  for (int round = 0; round < 3; ++round) {
    Ids ids(directory);
    ids.sequence = 0;
    for (uint64_t n = 0; n < 1000; ++n) ids.insert(n);
    ids.sequence = std::max<uint64_t>(ids.sequence, ids.table.covered().value);
    ids.write();
    for (uint64_t n = 0; n < 1000; ++n) ASSERT_EQ(ids.known(n), n + 1);
  }
  EXPECT_EQ(Ids(directory).table.count(), 1000u) << "merging drops what is there twice";
}

TEST(IdTable, KeepsFewRunsHoweverManyAreWritten) {
  const std::string directory = fresh_directory("levels");
  Ids ids(directory);
  for (uint64_t n = 0; n < 64'000; ++n) {
    ids.insert(n);
    if (n % 1000 == 999) ids.write();
  }
  std::size_t runs = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory))
    runs += file.path().extension() == ".ids";
  EXPECT_LE(runs, 8u);
  Ids reopened(directory);
  for (uint64_t n = 0; n < 64'000; ++n) ASSERT_EQ(reopened.known(n), n + 1) << n;
  for (uint64_t n = 64'000; n < 80'000; ++n) ASSERT_EQ(reopened.known(n), 0u) << n;
  EXPECT_LT(reopened.table.memory_bytes(), 64'000 * 2u) << "about 10 bits an id";
}

TEST(IdTable, WantsAFreezeAndThenHoldsTheOwnerBackByItsLimit) {
  Ids ids("", {.recent_ids_max = 100});
  for (uint64_t n = 0; n < 100; ++n) ids.insert(n);
  EXPECT_FALSE(ids.table.wants_freeze());
  ids.insert(100);
  EXPECT_TRUE(ids.table.wants_freeze());
  EXPECT_FALSE(ids.table.is_full());
  for (uint64_t n = 101; n < 201; ++n) ids.insert(n);
  EXPECT_TRUE(ids.table.is_full());
}

TEST(IdTable, RefusesTheIdsOfAnotherLog) {
  const std::string directory = fresh_directory("foreign");
  {
    IdTable table(directory, {});
    ASSERT_TRUE(table.open({{1, 2}}));
    table.insert(id_of(1), {{1}, 0});
    table.freeze({1});
    table.settle({1});
    ASSERT_TRUE(table.write_frozen());
  }
  EXPECT_TRUE(IdTable(directory, {}).open({{1, 2}}));
  EXPECT_EQ(IdTable(directory, {}).open({{3, 4}}).error().code, "ids_foreign");
  IdTable restored(directory, {});
  EXPECT_EQ(restored.open({{1, 2}, 1}).error().code, "ids_foreign");
  ASSERT_TRUE(restored.clear());
  EXPECT_TRUE(IdTable(directory, {}).open({{1, 2}, 1}));
  EXPECT_EQ(IdTable(directory, {}).open({{1, 2}}).error().code, "ids_foreign");
}

TEST(IdTable, IsEmptyAfterItWasCleared) {
  const std::string directory = fresh_directory("cleared");
  Ids ids(directory);
  ids.insert(1).write().insert(2);
  ASSERT_TRUE(ids.table.clear());
  EXPECT_EQ(ids.known(1), 0u);
  EXPECT_EQ(ids.known(2), 0u);
  EXPECT_EQ(ids.table.covered().value, 0u);
  ids.sequence = 0;
  ids.insert(4).write();
  Ids reopened(directory);
  EXPECT_EQ(reopened.table.count(), 1u);
  EXPECT_EQ(reopened.known(4), 1u);
}

TEST(IdTable, LeavesNoFilesOfAnInterruptedWriteBehind) {
  const std::string directory = fresh_directory("strays");
  Ids(directory).insert(1).write();
  std::ofstream(directory + "/run-99.ids") << "half a run";
  std::ofstream(directory + "/run-2.ids.draft") << "half a run";
  Ids ids(directory);
  EXPECT_EQ(ids.known(1), 1u);
  EXPECT_FALSE(std::filesystem::exists(directory + "/run-99.ids"));
  EXPECT_FALSE(std::filesystem::exists(directory + "/run-2.ids.draft"));
}

/// Opens, asks for every id, writes once more, which merges: an answer may be refused, not wrong.
std::string fault_or_wrong(const std::string& directory, uint64_t ids) {
  IdTable table(directory, {});
  if (const auto opened = table.open(); !opened) return opened.error().code;
  for (uint64_t n = 0; n < 2 * ids; ++n) {
    const auto known = table.find(id_of(n));
    if (!known) return known.error().code;
    const uint64_t sequence = *known ? (*known)->sequence.value : 0;
    if (sequence != (n < ids ? n + 1 : 0)) return "wrong answer for " + std::to_string(n);
  }
  table.insert(id_of(ids), {{ids + 1}, 0});
  table.freeze({ids + 1});
  table.settle({ids + 1});
  const auto written = table.write_frozen();
  return written ? "nothing" : written.error().code;
}

TEST(IdTable, RefusesRotInAnyByteOfItsFiles) {
  constexpr uint64_t count = 200;
  const std::string good = fresh_directory("rot_good");
  {
    Ids ids(good);
    for (uint64_t n = 0; n < count; ++n) ids.insert(n);
    ids.write();
  }
  const std::string bad = scratch_path("rot_bad");
  for (const auto& file : std::filesystem::directory_iterator(good)) {
    const auto size = std::filesystem::file_size(file.path());
    const std::string name = file.path().filename().string();
    for (uint64_t at = 0; at < size; at += size > 1000 ? 61 : 1) {
      std::filesystem::remove_all(bad);
      std::filesystem::copy(good, bad);
      std::fstream bytes(bad + "/" + name, std::ios::in | std::ios::out | std::ios::binary);
      bytes.seekg(static_cast<std::streamoff>(at));
      const int byte = bytes.get();
      bytes.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(byte ^ 0x04));
      bytes.close();
      EXPECT_EQ(fault_or_wrong(bad, count), "ids_rot") << name << " byte " << at;
    }
    for (uint64_t length = 0; length < size; length += 509) {
      std::filesystem::remove_all(bad);
      std::filesystem::copy(good, bad);
      std::filesystem::resize_file(bad + "/" + name, length);
      EXPECT_EQ(fault_or_wrong(bad, count), "ids_rot") << name << " cut to " << length;
    }
  }
}

/// Random insertions, freezes, reverts and restarts against a map.
class IdModel {
 public:
  explicit IdModel(uint64_t seed) : random_(seed), directory_(fresh_directory("model")) {
    table_ = std::make_unique<IdTable>(directory_, IdTableLimits{.hash_seed = seed});
    EXPECT_TRUE(table_->open());
  }
  void step() {
    const uint64_t dice = pick(100);
    if (dice < 75) insert();
    else if (dice < 82) table_->settle({durable_ += pick(sequence_ - durable_ + 1)});
    else if (dice < 86) revert();
    else if (dice < 92) freeze();
    else if (dice < 97) write();
    else if (dice < 98) restart();
    else compare();
  }

 private:
  uint64_t pick(uint64_t n) { return random_() % n; }
  void insert() {
    const uint64_t n = pick(600);
    table_->insert(id_of(n), {{++sequence_}, n});
    log_[sequence_] = n;
  }
  void revert() {
    sequence_ = durable_ + pick(sequence_ - durable_ + 1);
    table_->revert_to({sequence_});
    log_.erase(log_.upper_bound(sequence_), log_.end());
    if (frozen_ > sequence_) frozen_ = 0;
    EXPECT_EQ(table_->has_frozen(), frozen_ != 0);
  }
  void freeze() {
    if (table_->has_frozen() || sequence_ == 0) return;
    table_->freeze({frozen_ = sequence_});
  }
  void write() {
    if (!table_->has_frozen() || frozen_ > durable_) return;
    ASSERT_TRUE(table_->write_frozen());
    if (pick(4) == 0) return restart();
    table_->finish_frozen();
    frozen_ = 0;
  }
  void restart() {
    table_ = std::make_unique<IdTable>(directory_, IdTableLimits{});
    ASSERT_TRUE(table_->open());
    frozen_ = 0;
    const uint64_t covered = table_->covered().value;
    log_.erase(log_.upper_bound(durable_), log_.end());
    sequence_ = durable_;
    ASSERT_LE(covered, durable_);
    for (auto entry = log_.upper_bound(covered); entry != log_.end(); ++entry)
      table_->insert(id_of(entry->second), {{entry->first}, entry->second});
    table_->settle({durable_});
    compare();
  }
  void compare() {
    std::map<uint64_t, uint64_t> known;
    for (const auto& [sequence, n] : log_) known[n] = sequence;
    for (uint64_t n = 0; n < 700; ++n) {
      const auto found = table_->find(id_of(n));
      ASSERT_TRUE(found);
      ASSERT_EQ(*found ? (*found)->sequence.value : 0, known.contains(n) ? known[n] : 0) << n;
    }
  }

  std::mt19937_64 random_;
  std::string directory_;
  std::unique_ptr<IdTable> table_;
  std::map<uint64_t, uint64_t> log_;  // sequence → id
  uint64_t sequence_ = 0, durable_ = 0, frozen_ = 0;
};

TEST(IdTable, AgreesWithAMapUnderRandomFreezesRevertsAndRestarts) {
  for (uint64_t seed = 1; seed <= 6 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    IdModel model(seed);
    for (int i = 0; i < 1500 && !HasFailure(); ++i) model.step();
  }
}

TEST(IdTable, KnowsAllIdsHoweverLittleRoomItsFiltersHave) {
  const std::string directory = fresh_directory("room");
  constexpr uint64_t count = 60'000;
  for (const std::size_t room_bytes : {0, 1000, 50'000, 1'000'000}) {
    const auto room = std::make_shared<FilterRoom>(room_bytes);
    {
      Ids ids(fresh_directory("room"),
              {.filter_room = room, .written_filter_bytes_max = room_bytes / 2});
      for (uint64_t n = 0; n < count; ++n) {
        ids.insert(n);
        if (n % 20'000 == 0) ids.write();
      }
      ids.write();
    }
    EXPECT_EQ(room->left(), room_bytes);
    Ids ids(directory, {.filter_room = room});
    for (uint64_t n = 0; n < count; n += 7) ASSERT_EQ(ids.known(n), n + 1);
    for (uint64_t n = count; n < count + 3000; ++n) ASSERT_EQ(ids.known(n), 0u);
    EXPECT_EQ(room->left() < room_bytes, room_bytes > 0);
  }
}

TEST(IdTable, WidensAFilterWhenThereIsRoomAgain) {
  const auto room = std::make_shared<FilterRoom>(std::size_t{256} << 10);
  Ids ids(fresh_directory("widens"), {.filter_room = room});
  std::size_t taken = 0;
  while (room->left() > 1000) taken += room->take(room->left());
  for (uint64_t n = 0; n < 30'000; ++n) ids.insert(n);
  ids.write();
  room->give_back(taken);
  const std::size_t left = room->left();
  ids.insert(30'000).write();
  EXPECT_LT(room->left(), left - 30'000) << "30,000 ids want 37 KB";
  for (uint64_t n = 0; n <= 30'000; n += 7) ASSERT_EQ(ids.known(n), n + 1);
}

}  // namespace
}  // namespace spate
