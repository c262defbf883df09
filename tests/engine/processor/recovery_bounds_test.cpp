// A long fold within its limits: it waits for the checkpointer, and goes on when that is done (C1).
#include <gtest/gtest.h>

#include "tests/support/processor_kit.hpp"
#include "tests/support/built_in_domain.hpp"

namespace spate {
namespace {

/// Outcomes whose rows and ids exceed every limit many times over.
struct LongTail : testing::Test {
  LongTail() {
    kit.open("c", 10'000, "open");
    for (int turn = 0; turn < 40; ++turn) {
      for (int i = 0; i < 20; ++i) kit.redeem("c", "p" + std::to_string(turn * 20 + i));
      kit.settle();
      kit.write_checkpoint();
    }
    kit.replies();
    before = kit.digest();
  }
  /// Steps and checkpoints until nothing moves.
  void recover() {
    for (int turn = 0; turn < 200 && !kit.partition().ready(); ++turn) kit.write_checkpoint();
  }
  void expect_goes_on() {
    EXPECT_TRUE(kit.partition().ready()) << kit.partition().state_text();
    EXPECT_EQ(kit.digest(), before);
    kit.redeem("c", "p0");
    kit.redeem("c", "somebody");
    for (int turn = 0; turn < 5; ++turn) kit.settle(), kit.write_checkpoint();
    EXPECT_EQ(kit.partition().stats().decided.get(), 803u);
    EXPECT_TRUE(kit.partition().quiet());
  }
  ProcessorKit kit{redemptions_domain(), {}, {.dirty_bytes_max = 4096}, {.recent_ids_max = 16}};
  Hash128 before;
};

TEST_F(LongTail, IsFoldedFromTheStartWhileCheckpointsAreWritten) {
  kit.restart(0);
  EXPECT_FALSE(kit.partition().ready()) << "nothing is written, and there is no room";
  EXPECT_LT(kit.partition().rows().dirty_bytes(), 16u * 4096);
  recover();
  expect_goes_on();
}

TEST_F(LongTail, IsFoldedForTheIdsAloneWhereTheRowsAreAtItsEnd) {
  for (uint64_t more = 0; more < 4; ++more) {  // ends in the middle of a checkpoint or between two
    for (int i = 0; i < 20; ++i) kit.redeem("c", "more");
    for (int turn = 0; turn < 5; ++turn) kit.settle(), kit.write_checkpoint();
    kit.partition().freeze_now();
    kit.write_checkpoint();
    kit.store.flush();
    ASSERT_EQ(kit.store.checkpoint().value()->sequence, kit.partition().sequence());
    before = kit.digest();
    const uint64_t decided = kit.partition().stats().decided.get();
    kit.restart();  // its ids lived in memory
    recover();
    EXPECT_TRUE(kit.partition().ready()) << kit.partition().state_text();
    EXPECT_EQ(kit.digest(), before);
    kit.redeem("c", "p0");
    for (int turn = 0; turn < 5; ++turn) kit.settle(), kit.write_checkpoint();
    EXPECT_EQ(kit.partition().stats().decided.get(), decided + 1) << more;
  }
}

TEST(ThawedRows, AreFrozenAgainAfterAConflictTookTheirCheckpointBack) {
  ProcessorKit kit(redemptions_domain(), {}, {.dirty_bytes_max = 4096});
  kit.open("c", 10'000);
  kit.settle();
  for (int i = 0; i < 200; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.step();  // frozen beyond what is durable, and full again
  ASSERT_TRUE(kit.partition().checkpointing().in_progress());
  ASSERT_GT(kit.partition().rows().dirty_bytes(), 4096u);
  kit.log.fail({1, 0}, Progress::Fate::conflict);
  for (int turn = 0; turn < 50; ++turn) kit.settle(), kit.write_checkpoint();
  EXPECT_EQ(kit.partition().stats().decided.get(), 201u);
  EXPECT_TRUE(kit.partition().quiet());
}

}  // namespace
}  // namespace spate
