// Seeds of the simulation in the tests; a longer run, or one seed again: the program `simulation`.
#include <gtest/gtest.h>

#include "tests/simulation/seeds.hpp"

namespace spate {
namespace {

// Under a sanitizer a seed takes more than ten times as long.
#ifdef __SANITIZE_ADDRESS__
constexpr uint64_t share = 3;
#else
constexpr uint64_t share = 1;
#endif

struct Runs {
  LogKind kind;
  const char* name;  // as the program takes it
  uint64_t seeds;
  uint64_t steps;
  uint64_t commands_min;  // of each seed
};

/// Every seed holds; so much happened over all of them that this says something.
WorldReport hold(const Runs& runs) {
  WorldReport sum;
  for (uint64_t seed = 1; seed <= runs.seeds / share; ++seed) {
    const WorldReport report = run_seed(runs.kind, seed, runs.steps);
    EXPECT_EQ(report.fault, "") << "simulation --log " << runs.name << " --seed " << seed;
    if (!report.fault.empty()) break;
    EXPECT_GT(report.commands, runs.commands_min) << "seed " << seed << " hardly did anything";
    sum.crashes += report.crashes;
    sum.log_faults += report.log_faults;
    sum.checkpoints += report.checkpoints;
    sum.compared += report.compared;
    sum.moves += report.moves;
    sum.shipped += report.shipped;
    sum.fetched += report.fetched;
    sum.passed_over += report.passed_over;
  }
  EXPECT_GT(sum.crashes, 1000 / share);
  EXPECT_GT(sum.log_faults, 1000 / share);
  EXPECT_GT(sum.moves, runs.seeds / share / 4) << "rebuilds hardly ever moved readers";
  EXPECT_GT(sum.compared, 1000 / share) << "hardly any digest was compared";
  return sum;
}

TEST(Simulation, HoldsEveryInvariantOverSomeHundredSeedsOfConflictsAndCrashes) {
  EXPECT_GT(hold({LogKind::memory, "memory", 600, 4000, 20}).checkpoints, 1000 / share);
}

TEST(Simulation, HoldsEveryInvariantOverSomeHundredSeedsWithALogThatNumbersCommands) {
  hold({LogKind::numbering, "numbering", 400, 4000, 10});
}

TEST(Simulation, HoldsEveryInvariantOverSomeHundredSeedsOfPowerCutsAndFailingSyncs) {
  EXPECT_GT(hold({LogKind::segment, "segment", 300, 6000, 10}).checkpoints, 300 / share);
}

TEST(Simulation, HoldsEveryInvariantOverSomeHundredSeedsOfAFailingKafkaClusterAndARival) {
  const WorldReport sum = hold({LogKind::kafka, "kafka", 300, 6000, 10});
  EXPECT_GT(sum.checkpoints, 300 / share);
  EXPECT_GT(sum.shipped, 300 / share);
  EXPECT_GT(sum.fetched, 100 / share) << "nodes hardly ever began with what another had shipped";
  EXPECT_GT(sum.passed_over, 50 / share);
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
