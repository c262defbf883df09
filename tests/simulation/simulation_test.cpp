// Seeds of the simulation in the tests; a longer run, or one seed again: the program `simulation`.
#include <gtest/gtest.h>

#include "tests/simulation/seeds.hpp"

namespace spate {
namespace {

TEST(Simulation, HoldsEveryInvariantOverSomeHundredSeedsOfConflictsAndCrashes) {
  WorldReport sum;
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    const WorldReport report = run_seed(LogKind::memory, seed, 4000);
    ASSERT_EQ(report.fault, "") << "simulation --log memory --seed " << seed;
    EXPECT_GT(report.commands, 20u) << "seed " << seed << " hardly did anything";
    sum.crashes += report.crashes;
    sum.log_faults += report.log_faults;
    sum.checkpoints += report.checkpoints;
  }
  EXPECT_GT(sum.crashes, 1000u);
  EXPECT_GT(sum.log_faults, 1000u);
  EXPECT_GT(sum.checkpoints, 1000u);
}

TEST(Simulation, HoldsEveryInvariantOverSomeHundredSeedsWithALogThatNumbersCommands) {
  WorldReport sum;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    const WorldReport report = run_seed(LogKind::numbering, seed, 4000);
    ASSERT_EQ(report.fault, "") << "simulation --log numbering --seed " << seed;
    EXPECT_GT(report.commands, 10u) << "seed " << seed << " hardly did anything";
    sum.crashes += report.crashes;
    sum.log_faults += report.log_faults;
  }
  EXPECT_GT(sum.crashes, 1000u);
  EXPECT_GT(sum.log_faults, 1000u);
}

TEST(Simulation, HoldsEveryInvariantOverSomeHundredSeedsOfPowerCutsAndFailingSyncs) {
  WorldReport sum;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const WorldReport report = run_seed(LogKind::segment, seed, 6000);
    ASSERT_EQ(report.fault, "") << "simulation --log segment --seed " << seed;
    EXPECT_GT(report.commands, 10u) << "seed " << seed << " hardly did anything";
    sum.crashes += report.crashes;
    sum.log_faults += report.log_faults;
    sum.checkpoints += report.checkpoints;
  }
  EXPECT_GT(sum.crashes, 1000u);
  EXPECT_GT(sum.log_faults, 1000u);
  EXPECT_GT(sum.checkpoints, 300u);
}

TEST(Simulation, HoldsEveryInvariantOverSomeHundredSeedsOfAFailingKafkaClusterAndARival) {
  WorldReport sum;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const WorldReport report = run_seed(LogKind::kafka, seed, 6000);
    ASSERT_EQ(report.fault, "") << "simulation --log kafka --seed " << seed;
    EXPECT_GT(report.commands, 10u) << "seed " << seed << " hardly did anything";
    sum.crashes += report.crashes;
    sum.log_faults += report.log_faults;
    sum.checkpoints += report.checkpoints;
  }
  EXPECT_GT(sum.crashes, 1000u);
  EXPECT_GT(sum.log_faults, 1000u);
  EXPECT_GT(sum.checkpoints, 300u);
}

TEST(Simulation, GivesTheSameTraceForTheSameSeed) {
  for (const LogKind kind :
       {LogKind::memory, LogKind::numbering, LogKind::segment, LogKind::kafka}) {
    for (const uint64_t seed : {7u, 70u, 700u}) {
      const WorldReport first = run_seed(kind, seed, 3000);
      EXPECT_EQ(first.trace, run_seed(kind, seed, 3000).trace) << seed;
      EXPECT_NE(first.trace, run_seed(kind, seed + 1, 3000).trace) << seed;
    }
  }
}

}  // namespace
}  // namespace spate
