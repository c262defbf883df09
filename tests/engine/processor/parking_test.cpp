// Poison: a failure of domain code parks its stream and nobody else; redrive and discard end it.
#include <gtest/gtest.h>

#include <stdexcept>

#include "schemas/redemptions_generated.h"
#include "tests/support/built_in_domain.hpp"
#include "tests/support/processor_kit.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

enum class Broken { nothing, ensure_in_decide, throw_in_decide, unnamed_row, evolve };
Broken broken = Broken::nothing;

bool is_poison(Bytes payload) {
  return text(root<redemptions::Redeem>(payload).claimant()) == "poison";
}

Verdict decide_broken(RowAccess& rows, std::string_view stream, Instant now, Bytes payload,
                      EmitCore& emit) {
  if (is_poison(payload)) {
    ENSURE(broken != Broken::ensure_in_decide);
    if (broken == Broken::throw_in_decide) throw std::runtime_error("the handler threw");
    if (broken == Broken::unnamed_row) rows.find({2, "somebody else"});
  }
  return redemptions_domain().handler->commands[2].decide(rows, stream, now, payload, emit);
}

void evolve_broken(RowAccess& rows, std::string_view stream, Instant now, Bytes payload) {
  redemptions_domain().handler->events[2].evolve(rows, stream, now, payload);
  if (text(root<redemptions::Redeemed>(payload).claimant()) == "poison")
    ENSURE(broken != Broken::evolve);
}

/// Redemptions whose `redeem` fails on demand for the claimant `poison`.
const Domain& breakable_domain() {
  return redemptions_with_redeem<&decide_broken, &evolve_broken>();
}

struct ParkingTest : testing::TestWithParam<Broken> {
  ParkingTest() {
    broken = GetParam();
    kit.open("c", 10);
    kit.open("other", 10);
    kit.settle();
    kit.replies();
  }
  ~ParkingTest() override { broken = Broken::nothing; }
  void park_two() {
    kit.redeem("c", "poison", "p");
    kit.redeem("c", "ann", "a");
    kit.settle();
    kit.replies();
  }
  ProcessorKit kit{breakable_domain(), ProcessorLimits{.parked_per_stream_max = 3}};
};

TEST_P(ParkingTest, ParksTheStreamBehindThePoisonAndLetsOthersPass) {
  kit.redeem("c", "poison");
  kit.redeem("c", "ann");
  kit.redeem("other", "bob");
  kit.settle();
  EXPECT_EQ(kit.replies(), "3 outcome parked\n4 outcome parked\n5 outcome accepted\n");
  EXPECT_EQ(kit.partition().stats().parked_streams.get(), 1u);
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 2u);
}

TEST_P(ParkingTest, LeavesNoTraceOfThePoisonInTheRows) {
  broken = Broken::nothing;
  kit.redeem("c", "ann");
  kit.settle();
  broken = GetParam();
  park_two();
  broken = Broken::nothing;
  kit.control("c", envelope::Control::discard);
  kit.settle();
  kit.replies();
  kit.redeem("c", "bob");
  kit.settle();
  EXPECT_NE(kit.outcomes().find("accepted"), std::string::npos);
  EXPECT_EQ(kit.replies(), "7 outcome accepted\n");
}

TEST_P(ParkingTest, RedrivesInOrderOnceTheHandlerIsRepaired) {
  park_two();
  broken = Broken::nothing;
  kit.control("c", envelope::Control::redrive);
  kit.redeem("c", "cid");
  kit.settle();
  EXPECT_EQ(kit.outcomes(),
            "1 1 accepted\n2 2 accepted\n3 3 parked\n4 4 parked\n"
            "5 5 controlled\n6 5 accepted origin=3\n7 5 accepted origin=4\n8 6 accepted\n");
  EXPECT_EQ(kit.partition().stats().parked_streams.get(), 0u);
}

TEST_P(ParkingTest, FinishesARedriveThatACrashCutInHalf) {
  park_two();
  broken = Broken::nothing;
  kit.control("c", envelope::Control::redrive);
  kit.step();
  kit.restart_within(Sequence{6});
  EXPECT_EQ(kit.outcomes(),
            "1 1 accepted\n2 2 accepted\n3 3 parked\n4 4 parked\n5 5 controlled\n"
            "6 5 accepted origin=3\n");
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 1u);
  kit.redeem("c", "cid");  // waits behind what is parked still
  kit.control("c", envelope::Control::redrive);
  kit.settle();
  EXPECT_NE(kit.outcomes().find("7 6 parked\n8 7 controlled\n"
                                "9 7 accepted origin=4\n10 7 accepted origin=6\n"),
            std::string::npos)
      << kit.outcomes();
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 0u);
  const Hash128 before = kit.digest();
  kit.restart();
  EXPECT_EQ(kit.digest(), before);
}

TEST_P(ParkingTest, KeepsTheWholeRedriveOpenWhenOnlyTheControlIsDurable) {
  park_two();
  broken = Broken::nothing;
  kit.control("c", envelope::Control::discard);
  kit.step();
  kit.restart_within(Sequence{5});
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 2u);
  kit.control("c", envelope::Control::redrive);
  kit.settle();
  EXPECT_NE(kit.outcomes().find("7 6 accepted origin=3\n8 6 accepted origin=4\n"),
            std::string::npos)
      << kit.outcomes();
}

TEST_P(ParkingTest, AnswersARedrivenCommandsKeyWithItsFinalOutcome) {
  park_two();
  kit.redeem("c", "poison", "p");
  kit.settle();
  EXPECT_EQ(kit.replies(), "5 duplicate of 3 replayed\n");
  broken = Broken::nothing;
  kit.control("c", envelope::Control::redrive);
  kit.settle();
  kit.replies();
  kit.redeem("c", "poison", "p");
  kit.settle();
  EXPECT_EQ(kit.replies(), "7 duplicate of 6 replayed\n");
}

TEST_P(ParkingTest, KeepsACommandParkedThatFailsAgain) {
  park_two();
  kit.control("c", envelope::Control::redrive);
  kit.settle();
  EXPECT_GE(kit.partition().stats().parked_commands.get(), 2u);
  EXPECT_EQ(kit.partition().stats().parked_streams.get(), 1u);
}

TEST_P(ParkingTest, KeepsTheOrderOfAStreamWhoseRedriveFailedAgain) {
  park_two();
  kit.control("c", envelope::Control::redrive);
  kit.settle();
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 2u);
  broken = Broken::nothing;
  kit.control("c", envelope::Control::redrive);
  kit.settle();
  EXPECT_NE(kit.outcomes().find("5 5 controlled\n6 6 controlled\n"
                                "7 6 accepted origin=3\n8 6 accepted origin=4\n"),
            std::string::npos)
      << kit.outcomes();
}

TEST_P(ParkingTest, DiscardsWithAnOutcomeForEachCommand) {
  park_two();
  kit.control("c", envelope::Control::discard);
  kit.settle();
  EXPECT_NE(kit.outcomes().find("6 5 refused origin=3\n7 5 refused origin=4\n"), std::string::npos);
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 0u);
}

TEST_P(ParkingTest, AnswersADiscardedCommandsKeyWithItsFinalOutcome) {
  park_two();
  kit.control("c", envelope::Control::discard);
  kit.settle();
  kit.replies();
  kit.redeem("c", "ann", "a");
  kit.settle();
  EXPECT_EQ(kit.replies(), "6 duplicate of 7 replayed\n");
}

TEST_P(ParkingTest, CarriesAControlOutOnceHoweverOftenItIsSent) {
  park_two();
  kit.control("c", envelope::Control::redrive, "r");
  kit.settle();
  broken = Broken::nothing;
  kit.control("c", envelope::Control::redrive, "r");
  kit.settle();
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 2u);
  EXPECT_EQ(kit.outcomes().find("6 6"), std::string::npos) << kit.outcomes();
}

TEST_P(ParkingTest, RefusesGarbageAlsoWhereTheStreamIsParked_E1) {
  park_two();
  kit.send(60, "c", {}, "garbage", 1);
  kit.settle();
  EXPECT_EQ(kit.replies(), "5 outcome refused\n");
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 2u);
}

TEST_P(ParkingTest, RefusesNewCommandsWhenTheStreamsParkingIsFull) {
  park_two();
  kit.redeem("c", "bob");
  kit.settle();
  kit.redeem("c", "cid");
  kit.redeem("other", "cid");
  kit.settle();
  EXPECT_EQ(kit.replies(), "5 outcome parked\n6 stream_parked\n7 outcome accepted\n");
}

TEST_P(ParkingTest, AnswersDuplicatesAlsoWhenTheStreamsParkingIsFull) {
  kit.redeem("c", "eve", "before");
  park_two();
  kit.redeem("c", "bob", "behind");
  kit.settle();
  kit.replies();
  kit.redeem("c", "cid", "refused");
  kit.redeem("c", "bob", "behind");
  kit.redeem("c", "eve", "before");
  kit.redeem("c", "cid", "before");
  kit.settle();
  EXPECT_EQ(kit.replies(), "7 stream_parked\n8 duplicate of 6 replayed\n9 duplicate of 3 replayed\n"
                           "10 stream_parked\n");
}

TEST_P(ParkingTest, RemembersWhatIsParkedAcrossARestart) {
  park_two();
  const Hash128 before = kit.digest();
  kit.restart();
  EXPECT_EQ(kit.digest(), before);
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 2u);
  broken = Broken::nothing;
  kit.control("c", envelope::Control::redrive);
  kit.settle();
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Failures, ParkingTest,
                         testing::Values(Broken::ensure_in_decide, Broken::throw_in_decide,
                                         Broken::unnamed_row, Broken::evolve));

TEST(SuspectsTest, ParksACommandAtItsSecondDeath) {
  const std::string path = scratch_path("suspects_test");
  std::remove(path.c_str());
  const CommandId killer{1, 2};
  const CommandId harmless{3, 4};
  for (int life = 0; life < 3; ++life) {
    Suspects suspects;
    ASSERT_TRUE(suspects.open(path, {7, 7}, 2));
    EXPECT_EQ(suspects.is_suspect(1, killer), life == 2) << life;
    EXPECT_FALSE(suspects.is_suspect(1, harmless));
    EXPECT_FALSE(suspects.is_suspect(0, killer));
    suspects.deciding(0, harmless);
    suspects.done(0);
    suspects.deciding(1, killer);  // and the process dies here
  }
  Suspects other_log;
  ASSERT_TRUE(other_log.open(path, {8, 8}, 2));
  EXPECT_FALSE(other_log.is_suspect(1, killer));
}

}  // namespace
}  // namespace spate
