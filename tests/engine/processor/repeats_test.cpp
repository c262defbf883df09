// Commands that were decided before: a storm of them neither starves new ones nor is shed with
// them (D4).
#include <gtest/gtest.h>

#include "tests/support/built_in_domain.hpp"
#include "tests/support/processor_kit.hpp"

namespace spate {
namespace {

/// A campaign in which ann's redemption, key `k`, is outcome 2.
struct RepeatsKit : ProcessorKit {
  explicit RepeatsKit(ProcessorLimits limits = {}) : ProcessorKit(redemptions_domain(), limits) {
    open("c", 10'000);
    redeem("c", "ann", "k");
    settle();
    replies();
  }
  void repeat(int times = 1) {
    for (int i = 0; i < times; ++i) redeem("c", "ann", "k");
  }
  /// From now on repeats are expected.
  void begin_storm() {
    repeat();
    settle();
    EXPECT_EQ(replies(), "3 duplicate of 2 replayed\n");
  }
  uint64_t sequenced() { return partition().stats().sequenced.get(); }
};

TEST(Repeats, AreAnsweredWhileNewCommandsFillTheirLimit) {
  RepeatsKit kit({.replies_pending_max = 4});
  kit.log.refuse(true);
  for (int i = 0; i < 4; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.step();
  kit.repeat(2);
  kit.step();
  EXPECT_EQ(kit.replies(), "7 duplicate of 2 replayed\n8 duplicate of 2 replayed\n");
  kit.redeem("c", "zoe");
  kit.step();
  EXPECT_EQ(kit.replies(), "") << "a new one waits for room";
  kit.log.refuse(false);
  kit.settle();
  EXPECT_EQ(kit.sequenced(), 7u);
}

TEST(Repeats, TakeNoPlaceOfNewCommands) {
  RepeatsKit kit({.replies_pending_max = 4});
  kit.begin_storm();
  kit.redeem("c", "bob", "l");
  kit.step();  // decided, not durable: repeats of it wait
  for (int i = 0; i < 20; ++i) kit.redeem("c", "bob", "l");
  for (int i = 0; i < 3; ++i) kit.redeem("c", "p" + std::to_string(i));
  const uint64_t before = kit.sequenced();
  kit.step();
  EXPECT_EQ(kit.sequenced() - before, 3u) << "of 4 places bob's first has one";
  EXPECT_EQ(kit.replies(), "") << "nothing is told before it is durable";
  kit.settle();
  EXPECT_EQ(kit.replies().find("overloaded"), std::string::npos);
}

TEST(Repeats, BeyondTheirOwnLimitAreRefusedAndHoldUpNobody) {
  RepeatsKit kit({.repeats_pending_max = 3});
  kit.begin_storm();
  kit.redeem("c", "bob", "l");
  kit.step();
  for (int i = 0; i < 5; ++i) kit.redeem("c", "bob", "l");
  kit.redeem("c", "zoe");
  kit.step();
  EXPECT_EQ(kit.replies(), "8 overloaded replayed\n9 overloaded replayed\n");
  kit.settle();
  EXPECT_EQ(kit.replies(),
            "4 outcome accepted\n5 outcome accepted replayed\n6 outcome accepted replayed\n"
            "7 outcome accepted replayed\n10 outcome accepted\n");
}

TEST(Repeats, DoNotGoThroughTheLogInAStorm) {
  RepeatsKit kit;
  kit.begin_storm();
  const uint64_t before = kit.sequenced();
  kit.repeat(100);
  kit.step();  // and need nothing to become durable
  EXPECT_EQ(kit.sequenced(), before);
  const std::string replies = kit.replies();
  EXPECT_EQ(std::count(replies.begin(), replies.end(), '\n'), 100);
  EXPECT_EQ(replies.find("outcome"), std::string::npos);
}

TEST(Repeats, AreNotLookedForWhereNoneCome) {
  RepeatsKit kit;
  kit.begin_storm();
  for (int i = 0; i < 1024; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.settle();
  kit.replies();
  const uint64_t before = kit.sequenced();
  kit.repeat();
  kit.settle();
  EXPECT_EQ(kit.sequenced(), before + 1) << "new commands do not pay for a look-up each";
  EXPECT_EQ(kit.replies(), "1028 duplicate of 2 replayed\n");
}

TEST(Repeats, OfWhatIsTakenBackAreNotAnsweredWithIt) {
  RepeatsKit kit;
  kit.begin_storm();
  kit.redeem("c", "bob", "l");
  kit.step();
  kit.redeem("c", "bob", "l");
  kit.step();
  kit.log.fail({1, 0}, Progress::Fate::conflict);
  kit.settle();
  const std::string replies = kit.replies();
  EXPECT_NE(replies.find("5 maybe_taken\n"), std::string::npos) << replies;
  EXPECT_NE(replies.find("4 outcome accepted\n"), std::string::npos) << replies;
  kit.repeat(3);
  kit.step();
  EXPECT_EQ(kit.replies(), "6 duplicate of 2 replayed\n7 duplicate of 2 replayed\n"
                           "8 duplicate of 2 replayed\n");
}

TEST(Repeats, WithAnotherWishAreNone) {
  RepeatsKit kit;
  kit.begin_storm();
  kit.redeem("c", "eve", "k");
  kit.settle();
  EXPECT_EQ(kit.replies(), "4 outcome key_reused\n");
}

}  // namespace
}  // namespace spate
