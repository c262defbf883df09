// Digests recorded at checkpoints that a crash took: the fold of the tail must come by them.
#include <gtest/gtest.h>

#include "schemas/redemptions_generated.h"
#include "tests/support/built_in_domain.hpp"
#include "tests/support/processor_kit.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

constexpr uint8_t claim_row = 2;
bool moody = false;

Verdict decide_watched(RowAccess& rows, std::string_view stream, Instant now, Bytes payload,
                       EmitCore& emit) {
  return redemptions_domain().handler->commands[2].decide(rows, stream, now, payload, emit);
}

/// Depends on more than the log: what no handler may do.
void evolve_watched(RowAccess& rows, std::string_view stream, Instant now, Bytes payload) {
  redemptions_domain().handler->events[2].evolve(rows, stream, now, payload);
  const std::string_view claimant = text(root<redemptions::Redeemed>(payload).claimant());
  const RowName claim{claim_row, claimant};
  if (moody && claimant == "eve") rows.edit(claim, rows.find(claim).size())[0] ^= 1;
}

struct Witnesses : testing::Test {
  Witnesses() {
    moody = false;
    kit.open("c", 100);
    redeem("ann");
  }
  void redeem(std::string_view claimant) { kit.redeem("c", claimant, claimant); }
  void checkpoint() {
    kit.settle();
    ASSERT_TRUE(kit.partition().freeze_now());
    kit.write_checkpoint();
    ASSERT_EQ(kit.fault(), "");
  }
  uint64_t met() { return kit.partition().stats().digests_met.get(); }

  const TemporaryFolder folder;
  RowTableLimits limits{.journal_path = folder.path() + "/digests/c"};
  ProcessorKit kit{redemptions_with_redeem<&decide_watched, &evolve_watched>(), {}, limits};
};

TEST_F(Witnesses, AreMetByTheSameFold) {
  checkpoint();
  redeem("bob");
  checkpoint();
  redeem("cid");
  kit.settle();
  const Hash128 before = kit.digest();
  kit.restart(0);
  EXPECT_EQ(kit.fault(), "");
  EXPECT_EQ(met(), 2u);
  EXPECT_EQ(kit.digest(), before);
  redeem("dan");
  checkpoint();
  kit.store.flush();
  kit.restart();
  EXPECT_EQ(met(), 0u) << "what is stored there is not folded";
}

TEST_F(Witnesses, AreFewHoweverLongTheTail) {
  for (int i = 0; i < 30; ++i) {
    redeem("p" + std::to_string(i));
    checkpoint();
  }
  kit.restart(0);
  EXPECT_EQ(kit.fault(), "");
  EXPECT_EQ(met(), 4u);
}

TEST_F(Witnesses, StopAFoldThatDependsOnMoreThanTheLog) {
  redeem("eve");
  checkpoint();
  kit.redeem("other", "bob");
  kit.settle();
  moody = true;
  kit.restart(0);
  EXPECT_EQ(kit.fault(), "state_differs");
  EXPECT_EQ(met(), 0u);
}

TEST_F(Witnesses, StopAFoldAtTheirLastOutcomeToo) {
  redeem("eve");
  checkpoint();
  moody = true;
  kit.restart(0);  // nothing comes behind it
  EXPECT_EQ(kit.fault(), "state_differs");
}

TEST_F(Witnesses, AreNoneForAnotherVersionOfTheHandler) {
  redeem("eve");
  checkpoint();
  DigestJournal journal(limits.journal_path);
  journal.open();
  Checkpoint other = **kit.store.checkpoint();
  ++other.logic_version;
  other.sequence = {1};
  ASSERT_TRUE(journal.add(other));
  moody = true;
  kit.restart(0);
  EXPECT_EQ(kit.fault(), "");
}

/// A row that is not what was written is met when it changes: what leaves the sum never entered it.
TEST_F(Witnesses, TellThatAStoredRowWasDamaged) {
  checkpoint();
  kit.store.flush();
  const Checkpoint at = **kit.store.checkpoint();
  std::string key, found;
  ASSERT_TRUE(kit.store.each([&](std::string_view name, Bytes value) {
    if (name.starts_with('\1')) key = name, found = as_text(value);
  }));
  ASSERT_FALSE(key.empty());
  redeem("bob");  // changes the campaign's row
  checkpoint();
  kit.store.crash(0);
  found.back() ^= 1;
  ASSERT_TRUE(kit.store.write(std::vector<RowWrite>{{key, as_bytes(found)}}, at));
  kit.store.flush();
  kit.restart(0);
  EXPECT_EQ(kit.fault(), "state_differs");
}

TEST_F(Witnesses, StandAtEveryStepAKillMayComeBetween) {
  for (std::size_t kept = 0; kept < 6; ++kept) {
    for (int i = 0; i < 5; ++i) {
      redeem("k" + std::to_string(kept) + "p" + std::to_string(i));
      checkpoint();
    }
    redeem("k" + std::to_string(kept) + "last");
    kit.settle();
    const Hash128 before = kit.digest();
    kit.restart(kept);
    ASSERT_EQ(kit.fault(), "") << kept;
    ASSERT_EQ(kit.digest(), before) << kept;
  }
}

}  // namespace
}  // namespace spate
