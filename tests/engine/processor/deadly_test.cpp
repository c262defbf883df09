// Commands that kill the process: breadcrumbs name them, the second death parks them (E2).
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "schemas/redemptions_generated.h"
#include "tests/support/built_in_domain.hpp"
#include "tests/support/processor_kit.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

enum class Deadly { nothing, rows, decide, evolve };
Deadly deadly = Deadly::nothing;

void die_if(Deadly where, std::string_view claimant) {
  if (deadly == where && claimant == "deadly") raise(SIGKILL);
}

void rows_of(std::string_view stream, Bytes payload, std::vector<RowName>& names) {
  die_if(Deadly::rows, text(root<redemptions::Redeem>(payload).claimant()));
  redemptions_domain().handler->commands[2].rows(stream, payload, names);
}

Verdict decide_or_die(RowAccess& rows, std::string_view stream, Instant now, Bytes payload,
                      EmitCore& emit) {
  die_if(Deadly::decide, text(root<redemptions::Redeem>(payload).claimant()));
  return redemptions_domain().handler->commands[2].decide(rows, stream, now, payload, emit);
}

void evolve_or_die(RowAccess& rows, std::string_view stream, Instant now, Bytes payload) {
  die_if(Deadly::evolve, text(root<redemptions::Redeemed>(payload).claimant()));
  redemptions_domain().handler->events[2].evolve(rows, stream, now, payload);
}

/// Redemptions whose `redeem` kills the process for the claimant `deadly`.
const Domain& deadly_domain() {
  return redemptions_with_redeem<&decide_or_die, &evolve_or_die, &rows_of>();
}

struct DeadlyTest : testing::TestWithParam<Deadly> {
  DeadlyTest() {
    std::remove(crumbs.c_str());
    kit.keep_breadcrumbs_in(crumbs);
    kit.restart();
    kit.open("c", 10, "open");
    kit.settle();
    kit.replies();
    deadly = GetParam();
  }
  ~DeadlyTest() override {
    deadly = Deadly::nothing;
    std::remove(crumbs.c_str());
  }
  /// Another process takes what waits in the mailbox; true when it died of it. Only the
  /// breadcrumbs survive it: its log was this process's memory.
  bool dies() {
    const pid_t child = fork();
    if (child == 0) {
      kit.settle();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    kit.restart();
    return WIFSIGNALED(status);
  }
  /// The same commands in every life, as clients and the log would bring them again.
  void send_all() {
    kit.redeem("c", "ann", "a");
    kit.redeem("c", "deadly", "d");
    kit.redeem("c", "bob", "b");
    kit.redeem("other", "cid", "c");
  }
  const std::string crumbs = scratch_path("deadly_test");
  ProcessorKit kit{deadly_domain()};
};

TEST_P(DeadlyTest, ParksTheCommandAtItsSecondDeathAndNobodyElse) {
  for (int life = 0; life < 2; ++life) {
    send_all();
    EXPECT_TRUE(dies()) << life;
  }
  send_all();
  kit.settle();
  EXPECT_EQ(kit.outcomes(),
            "1 1 accepted\n2 2 accepted\n3 3 parked\n4 4 parked\n"
            "5 5 rejected unknown_campaign\n");
}

TEST_P(DeadlyTest, GivesUpARedriveAtItsSecondDeathAndLetsAnotherOneTryAgain) {
  for (int life = 0; life < 2; ++life) {
    send_all();
    EXPECT_TRUE(dies());
  }
  send_all();
  kit.settle();
  const auto redrive = [&](const char* key) {
    kit.redeem("other", "dan", "before");  // it is not the one that kills
    kit.control("c", envelope::Control::redrive, key);
  };
  for (int life = 0; life < 2; ++life) {
    redrive("first");
    EXPECT_TRUE(dies()) << life;
  }
  redrive("first");
  kit.settle();
  EXPECT_NE(kit.outcomes().find("6 6 rejected unknown_campaign\n7 7 controlled\n"),
            std::string::npos)
      << kit.outcomes();
  EXPECT_EQ(kit.partition().stats().parked_commands.get(), 2u);
  deadly = Deadly::nothing;
  kit.control("c", envelope::Control::redrive, "second");
  kit.settle();
  EXPECT_NE(kit.outcomes().find("8 8 controlled\n9 8 accepted origin=3\n10 8 accepted origin=4\n"),
            std::string::npos)
      << kit.outcomes();
}

TEST_P(DeadlyTest, DiscardsWithoutRunningIt) {
  for (int life = 0; life < 2; ++life) {
    send_all();
    EXPECT_TRUE(dies());
  }
  send_all();
  kit.settle();
  kit.control("c", envelope::Control::discard);
  EXPECT_FALSE(dies());
}

INSTANTIATE_TEST_SUITE_P(Deaths, DeadlyTest,
                         testing::Values(Deadly::rows, Deadly::decide, Deadly::evolve));

}  // namespace
}  // namespace spate
