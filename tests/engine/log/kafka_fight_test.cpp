// KafkaFight over many seeds: nothing is believed that is not true, whoever fights and fails.
#include "tests/support/kafka_fight.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

FightReport fight(uint64_t seed, uint64_t steps = 3000) {
  FightOptions options;
  options.seed = seed;
  options.steps = steps;
  options.nodes = 2 + seed % 2;
  return KafkaFight(options).run();
}

TEST(KafkaFight, BelievesOnlyWhatIsTrueOverSomeHundredSeeds) {
  FightReport sum;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    const FightReport report = fight(seed);
    ASSERT_EQ(report.fault, "") << "seed " << seed;
    sum.acknowledged += report.acknowledged;
    sum.acquired += report.acquired;
    sum.conflicts += report.conflicts;
    sum.unknowns += report.unknowns;
    sum.stragglers += report.stragglers;
    sum.voids += report.voids;
    sum.marks += report.marks;
    sum.deaths += report.deaths;
    sum.departures += report.departures;
    sum.resumed += report.resumed;
  }
  RecordProperty("acknowledged", static_cast<int>(sum.acknowledged));
  RecordProperty("acquired", static_cast<int>(sum.acquired));
  EXPECT_GT(sum.acknowledged, 20'000u);
  EXPECT_GT(sum.acquired, 2'000u);
  EXPECT_GT(sum.conflicts, 500u);
  EXPECT_GT(sum.unknowns, 500u);
  EXPECT_GT(sum.stragglers, 500u);
  EXPECT_GT(sum.voids, 20u);
  EXPECT_GT(sum.marks, 500u);
  EXPECT_GT(sum.deaths, 100u);
  EXPECT_GT(sum.departures, 100u);
  EXPECT_GT(sum.resumed, 100u);
}

TEST(KafkaFight, GivesTheSameTraceForTheSameSeed) {
  for (const uint64_t seed : {3u, 30u, 300u}) {
    const FightReport first = fight(seed, 2000);
    EXPECT_EQ(first.trace, fight(seed, 2000).trace) << seed;
    EXPECT_NE(first.trace, fight(seed + 1, 2000).trace) << seed;
  }
}

}  // namespace
}  // namespace spate
