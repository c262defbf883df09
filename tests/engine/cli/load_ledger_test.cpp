// LoadLedger: a repetition that hears another answer never goes unnoticed.
#include "engine/cli/load_ledger.hpp"

#include <gtest/gtest.h>

namespace spate::cli {
namespace {

TEST(LoadLedger, CountsEachCommandOnceAndComparesItsRepetitions) {
  LoadLedger ledger(2);
  ledger.decided(0, false, "accepted", "{\"serial\":1}", 1'000);
  ledger.decided(0, true, "accepted", "{\"serial\":1}", 2'000);
  ledger.decided(1, false, "sold_out", "{}", 3'000);
  EXPECT_EQ(ledger.count("accepted"), 1u);
  EXPECT_EQ(ledger.count("sold_out"), 1u);
  EXPECT_EQ(ledger.repetitions_same(), 1u);
  EXPECT_EQ(ledger.repetitions_different(), 0u);
  EXPECT_EQ(ledger.latency_ns().count(), 3u);
}

TEST(LoadLedger, NoticesAnotherAnswerToTheSameCommand) {
  LoadLedger ledger(1);
  ledger.decided(0, false, "accepted", "{\"serial\":1}", 1);
  ledger.decided(0, true, "accepted", "{\"serial\":2}", 1);
  EXPECT_EQ(ledger.repetitions_different(), 1u);
  EXPECT_EQ(ledger.repetitions_same(), 0u);
}

TEST(LoadLedger, ComparesTheFirstWithARepetitionThatOvertookIt) {
  LoadLedger ledger(1);
  ledger.decided(0, true, "accepted", "a", 1);
  ledger.decided(0, false, "accepted", "b", 1);
  EXPECT_EQ(ledger.repetitions_different(), 1u);
}

TEST(LoadLedger, JoinsPositions) {
  LoadLedger ledger(1);
  Position one{7, {}}, two{7, {}};
  one.raise({1, 0}, {5});
  two.raise({1, 3}, {2});
  ledger.saw(to_token(one));
  ledger.saw(to_token(two));
  ledger.saw("no token of ours");
  ASSERT_EQ(ledger.position().parts.size(), 2u);
  EXPECT_EQ(ledger.position().incarnation, 7u);
}

}  // namespace
}  // namespace spate::cli
