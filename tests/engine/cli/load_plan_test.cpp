// LoadPlan: the same seed gives the same sale; commands are due as rate and spike say.
#include "engine/cli/load_plan.hpp"

#include <gtest/gtest.h>

#include <set>

namespace spate::cli {
namespace {

TEST(LoadPlan, IsTheSameForTheSameSeedAndAnotherForAnother) {
  LoadOptions options;
  options.count = 10'000;
  const LoadPlan a(options), b(options);
  options.seed = 2;
  const LoadPlan other(options);
  std::size_t different = 0;
  for (std::size_t i = 0; i < a.commands().size(); ++i) {
    EXPECT_EQ(a.commands()[i].key, b.commands()[i].key);
    EXPECT_EQ(a.commands()[i].claimant, b.commands()[i].claimant);
    different += a.commands()[i].claimant != other.commands()[i].claimant;
  }
  EXPECT_GT(different, 9'000u);
}

TEST(LoadPlan, RepeatsWholeCommandsThatWentBefore) {
  LoadOptions options;
  options.count = 20'000;
  options.duplicates_percent = 20;
  const LoadPlan plan(options);
  std::vector<uint64_t> claimant_of;
  std::size_t repetitions = 0;
  for (const LoadPlan::Planned& command : plan.commands()) {
    if (!command.repetition) {
      EXPECT_EQ(command.key, claimant_of.size()) << "new keys count up";
      claimant_of.push_back(command.claimant);
      continue;
    }
    ++repetitions;
    ASSERT_LT(command.key, claimant_of.size());
    EXPECT_EQ(command.claimant, claimant_of[command.key]);
  }
  EXPECT_NEAR(static_cast<double>(repetitions), 4'000, 300);
  EXPECT_EQ(plan.keys(), claimant_of.size());
}

TEST(LoadPlan, NeverFallsBackInTimeAndSpikesInTheMiddleThird) {
  LoadOptions options;
  options.count = 0;
  options.rate = 1'000;
  options.duration_s = 30;
  options.spike = 10;
  const LoadPlan plan(options);
  EXPECT_EQ(plan.commands().size(), 120'000u) << "10 s at 1000, 10 s at 10000, 10 s at 1000";
  std::size_t in_third[4] = {};
  int64_t last = 0;
  for (std::size_t i = 0; i < plan.commands().size(); ++i) {
    const int64_t due = plan.due_ns(i);
    EXPECT_GE(due, last);
    last = due;
    ++in_third[static_cast<std::size_t>(due / 10'000'000'000)];
  }
  EXPECT_NEAR(static_cast<double>(in_third[0]), 10'000, 2);
  EXPECT_NEAR(static_cast<double>(in_third[1]), 100'000, 2);
  EXPECT_NEAR(static_cast<double>(in_third[2]), 10'000, 2);
}

TEST(LoadPlan, IsNotPacedWithoutARate) {
  LoadOptions options;
  options.count = 10;
  EXPECT_FALSE(LoadPlan(options).is_paced());
}

}  // namespace
}  // namespace spate::cli
