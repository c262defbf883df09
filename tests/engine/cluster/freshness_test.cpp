// How stale a read may be: never less than it is.
#include "engine/cluster/freshness.hpp"

#include <gtest/gtest.h>

#include "tests/support/partition_under_test.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {
namespace {

TEST(Freshness, KnowsNothingBeforeTheFirstPointIsReached) {
  VirtualClock clock;
  Freshness fresh(2, clock);
  EXPECT_EQ(fresh.behind_ns(0, {7}), std::nullopt);
  fresh.know(0, {8}, 0);
  EXPECT_EQ(fresh.behind_ns(0, {7}), std::nullopt);
  EXPECT_EQ(fresh.behind_ns(0, {8}), 0);
  EXPECT_EQ(fresh.behind_ns(1, {8}), std::nullopt) << "another partition";
}

TEST(Freshness, GrowsWithTimeUntilTheNextPointIsReached) {
  VirtualClock clock;
  Freshness fresh(1, clock);
  fresh.know(0, {5}, clock.monotonic_ns());
  clock.advance_ns(second);
  fresh.know(0, {9}, clock.monotonic_ns());
  clock.advance_ns(second);
  EXPECT_EQ(fresh.behind_ns(0, {8}), 2 * second);
  EXPECT_EQ(fresh.behind_ns(0, {9}), second);
  EXPECT_EQ(fresh.behind_ns(0, {1000}), second);
}

TEST(Freshness, AnIdleLogStaysFresh) {
  VirtualClock clock;
  Freshness fresh(1, clock);
  for (int i = 0; i < 1000; ++i) {
    clock.advance_ns(second);
    fresh.know(0, {5}, clock.monotonic_ns());
  }
  EXPECT_EQ(fresh.behind_ns(0, {5}), 0);
}

/// Against all points ever, which it may forget: it says no less than the truth.
TEST(Freshness, NeverClaimsToBeFresherThanItIs) {
  SeededRandom random(11);
  VirtualClock clock;
  Freshness fresh(1, clock);
  std::vector<std::pair<uint64_t, int64_t>> all;
  uint64_t sequence = 0;
  for (int i = 0; i < 2'000; ++i) {
    clock.advance_ns(static_cast<int64_t>(random.below(second)));
    sequence += random.below(3);
    fresh.know(0, {sequence}, clock.monotonic_ns());
    all.emplace_back(sequence, clock.monotonic_ns());
    const uint64_t seen = sequence - std::min(sequence, random.below(400));
    const auto told = fresh.behind_ns(0, {seen});
    std::optional<int64_t> truth;
    for (const auto& [s, at] : all)
      if (s <= seen) truth = clock.monotonic_ns() - at;
    ASSERT_TRUE(!told || truth) << i;
    if (told) {
      ASSERT_GE(*told, *truth) << i;
    }
  }
}

}  // namespace
}  // namespace spate
