// Which checkpoints a start uses: those of this log, this history, this schema and this logic
// (C2, C3).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/built_in_domain.hpp"
#include "tests/support/processor_kit.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

struct Change {
  const char* name;
  bool is_used;
  bool at_tail;  ///< the checkpoint is at the last outcome of the log
  void (*apply)(Checkpoint&);
};

class StoredCheckpoint : public testing::TestWithParam<Change> {};

TEST_P(StoredCheckpoint, IsUsedOrDiscardedLoudly) {
  ProcessorKit kit{redemptions_domain()};
  kit.open("c", 100);
  kit.redeem("c", "ann");
  kit.settle();
  ASSERT_TRUE(kit.partition().freeze_now());
  kit.write_checkpoint();
  if (!GetParam().at_tail) kit.redeem("other", "bob");
  kit.settle();
  const Hash128 before = kit.digest();
  Checkpoint at = **kit.store.checkpoint();
  ASSERT_EQ(at.sequence, Sequence{2});
  GetParam().apply(at);
  ASSERT_TRUE(kit.store.write(std::vector<RowWrite>{{"\1z", as_bytes("another row")}}, at));
  kit.store.flush();
  kit.restart();
  EXPECT_EQ(kit.fault(), "");
  EXPECT_EQ(kit.digest() != before, GetParam().is_used);
  EXPECT_EQ(kit.notes().find("discarded") == std::string::npos, GetParam().is_used) << kit.notes();
}

INSTANTIATE_TEST_SUITE_P(
    Rows, StoredCheckpoint,
    testing::Values(
        Change{"AsItIs", true, false, [](Checkpoint&) {}},
        Change{"AsItIsAtTheTail", true, true, [](Checkpoint&) {}},
        Change{"OfAnotherLog", false, false, [](Checkpoint& at) { ++at.log.id.lo; }},
        Change{"OfAnotherIncarnation", false, false, [](Checkpoint& at) { ++at.log.incarnation; }},
        Change{"AheadOfTheLog", false, true, [](Checkpoint& at) { at.sequence = {3}; }},
        Change{"OfAnotherHistory", false, false, [](Checkpoint& at) { ++at.chain; }},
        Change{"OfAnotherHistoryAtTheTail", false, true, [](Checkpoint& at) { ++at.chain; }},
        Change{"OfAnotherSchema", false, false, [](Checkpoint& at) { ++at.schema_digest; }},
        Change{"OfAnotherLogic", false, false, [](Checkpoint& at) { ++at.logic_version; }}),
    [](const auto& change) { return std::string(change.param.name); });

/// Ids in run files, which a crash leaves ahead of the rows, behind them, or without them.
struct StoredIds : testing::Test {
  StoredIds() {
    kit.keep_ids_in(directory);
    kit.restart();
    kit.open("c", 100);
    for (int i = 0; i < 20; ++i) kit.redeem("c", "p" + std::to_string(i), "k" + std::to_string(i));
    kit.settle();
    kit.replies();
    before = kit.digest();
  }
  void checkpoint() {
    ASSERT_TRUE(kit.partition().freeze_now());
    kit.write_checkpoint();
  }
  /// Ids of a log that never was, as far as `at`.
  void expect_discarded(Sequence at);
  void expect_all_known() {
    EXPECT_EQ(kit.fault(), "");
    EXPECT_EQ(kit.digest(), before);
    for (const char* key : {"k0", "k9", "k19"}) kit.redeem("c", std::string("p") + (key + 1), key);
    kit.settle();
    EXPECT_EQ(kit.replies(),
              "22 duplicate of 2 replayed\n23 duplicate of 11 replayed\n"
              "24 duplicate of 21 replayed\n");
    EXPECT_EQ(kit.partition().sequence(), Sequence{21});
  }
  const TemporaryFolder folder;
  const std::string directory = folder.path() + "/ids";
  ProcessorKit kit{redemptions_domain()};
  Hash128 before;
};

TEST_F(StoredIds, AheadOfTheRowsAreKeptAndTheRowsFolded) {
  checkpoint();
  kit.restart(0);  // the crash came between ids and rows
  expect_all_known();
}

TEST_F(StoredIds, ThatAreLostAreFoldedAgainUnderRowsThatAreNot) {
  checkpoint();
  kit.store.flush();
  std::filesystem::remove_all(directory);
  kit.restart();
  expect_all_known();
}

TEST_F(StoredIds, OfBeforeTheLastOutcomesAreContinued) {
  checkpoint();
  kit.store.flush();
  kit.redeem("other", "ann", "later");
  kit.settle();
  kit.replies();
  kit.restart();
  kit.redeem("other", "ann", "later");
  kit.settle();
  EXPECT_EQ(kit.replies(), "23 duplicate of 22 replayed\n");
}

void StoredIds::expect_discarded(Sequence at) {
  {
    IdTable ids(directory, {});
    ASSERT_TRUE(ids.open(kit.log.identity()));
    ids.insert(kit.id_of_key("c", "never"), {at, 1});
    ids.settle(at);
    ids.freeze(at, 4711);
    ASSERT_TRUE(ids.write_frozen());
  }
  kit.restart();
  EXPECT_NE(kit.notes().find("do not fit the log: discarded"), std::string::npos) << kit.notes();
  kit.redeem("c", "somebody", "never");
  kit.settle();
  EXPECT_EQ(kit.replies(), "22 outcome accepted\n");
}

TEST_F(StoredIds, AheadOfTheLogAreDiscardedLoudly) { expect_discarded({99}); }
TEST_F(StoredIds, OfAnotherHistoryAreDiscardedLoudly) { expect_discarded({5}); }
TEST_F(StoredIds, OfAnotherHistoryAtTheTailAreDiscardedLoudly) { expect_discarded({21}); }

TEST_F(StoredIds, OfAnOlderFormatSaySo) {
  checkpoint();
  const std::string text = "spate-ids 1\nlog 1 1 1\ncovered 21\nnext 2\nrun 1\ncrc 0\n";
  std::ofstream(directory + "/manifest") << text;
  IdTable ids(directory, {});
  const auto opened = ids.open(kit.log.identity());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "ids_foreign") << "whoever opens them clears them";
}

}  // namespace
}  // namespace spate
