// Stamps: never back, and none while the clock cannot be believed (F1, F2).
#include "engine/processor/stamp.hpp"

#include <gtest/gtest.h>

#include "tests/support/partition_under_test.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {
namespace {

struct StampTest : testing::Test {
  Instant after(int64_t seconds) const { return {start.ns + seconds * second}; }
  void pass(int64_t seconds) { clock.advance_ns(seconds * second); }
  VirtualClock clock;
  const Instant start = clock.wall();
  Stamp stamp{clock};
};

TEST_F(StampTest, NeverGoesBackWhateverTheClockDoes_F1) {
  ASSERT_TRUE(stamp.open(after(-10), false));
  EXPECT_EQ(*stamp.next(), start);
  clock.jump_wall_to(after(-120));
  EXPECT_EQ(*stamp.next(), start);
  pass(100);
  EXPECT_EQ(*stamp.next(), start);
  pass(60);
  EXPECT_EQ(*stamp.next(), after(40));
}

TEST_F(StampTest, BeginsBehindTheNewestRecordOfTheLog_F1) {
  ASSERT_TRUE(stamp.open(after(200), false));
  EXPECT_EQ(*stamp.next(), after(200));
}

TEST_F(StampTest, OpensFarBehindTheLogOnlyWhenConfirmed_F2) {
  const Instant last = after(301);
  const auto refused = stamp.open(last, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "clock_behind");
  EXPECT_TRUE(stamp.open(after(300), false));
  ASSERT_TRUE(stamp.open(last, true));
  EXPECT_EQ(*stamp.next(), last);
}

TEST_F(StampTest, IsRefusedWhileTheClockIsFarAheadOfTheTimeThatPassed_F2) {
  ASSERT_TRUE(stamp.open(start, false));
  pass(1000);
  EXPECT_EQ(*stamp.next(), after(1000)) << "time that really passed is no jump";
  clock.jump_wall_to(after(1000 + 301));
  EXPECT_EQ(stamp.next().error().code, "clock_jumped");
  EXPECT_EQ(stamp.next().error().code, "clock_jumped") << "asking again does not make it true";
  clock.jump_wall_to(after(1000 + 299));
  EXPECT_EQ(*stamp.next(), after(1000 + 299));
}

}  // namespace
}  // namespace spate
