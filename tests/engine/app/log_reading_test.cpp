// A log that is only read: what is waited for, what is told, and where it ends.
#include "engine/app/log_reading.hpp"

#include <gtest/gtest.h>

#include "engine/log/memory_log.hpp"
#include "tests/engine/projector/outcome_log.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/unreadable_log.hpp"

namespace spate {
namespace {

class LogReadingTest : public testing::Test {
 protected:
  LogReadingTest() {
    OutcomeLog outcomes(log_, p);
    for (int n = 0; n < 5; ++n) outcomes.append({{"sale", {}, envelope::Kind::rejected}});
  }

  MemoryLog log_{log_topology({{"redemptions", 1}})};
  UnreadableLog away_{log_};
};

TEST_F(LogReadingTest, WaitsForWhatCannotBeReadJustNow) {
  away_.away = 5;
  int waits = 0;
  LogReading reading(away_, {{}, nullptr, [&](const Fault& fault) {
                               EXPECT_EQ(fault.code, "kafka_unreachable");
                               if (++waits == 3) away_.away.reset();
                             }});
  const auto batch = reading.read(LogSide::outcomes, p, 1, 1 << 20);
  ASSERT_TRUE(batch.has_value());
  ASSERT_NE(*batch, nullptr);
  EXPECT_GE((*batch)->last(), 1u);
  EXPECT_EQ(waits, 3);
}

TEST_F(LogReadingTest, TellsWhatCannotBeReadAtAll) {
  away_.rotten = 5;
  LogReading reading(away_, {});
  const auto batch = reading.read(LogSide::outcomes, p, 1, 1 << 20);
  ASSERT_FALSE(batch.has_value());
  EXPECT_EQ(batch.error().code, "log_rot");
}

TEST_F(LogReadingTest, IsCancelledWhereItsReaderEnds) {
  away_.away = 5;
  std::atomic<bool> ends{false};
  LogReading reading(away_, {{}, &ends, [&](const Fault&) { ends = true; }});
  const auto batch = reading.read(LogSide::outcomes, p, 1, 1 << 20);
  ASSERT_FALSE(batch.has_value());
  EXPECT_EQ(batch.error().code, "cancelled");
}

TEST_F(LogReadingTest, EndsWhereTheLogDoesOrAsSaid) {
  EXPECT_EQ(LogReading(log_, {}).outcomes_end(p), Sequence{5});
  LogReading until(log_, {Sequence{3}, nullptr, {}});
  EXPECT_EQ(until.outcomes_end(p), Sequence{3});
  const auto behind = until.read(LogSide::outcomes, p, 4, 1 << 20);
  ASSERT_TRUE(behind.has_value());
  EXPECT_EQ(*behind, nullptr);
}

TEST_F(LogReadingTest, WritesNothing) {
  LogReading reading(log_, {});
  EXPECT_FALSE(reading.acquire(p));
  EXPECT_EQ(reading.append_commands(p, nullptr), Taken::full);
  EXPECT_EQ(reading.append_outcomes(p, {1}, {6}, nullptr), Taken::full);
  EXPECT_EQ(log_.outcomes_end(p), Sequence{5});
}

}  // namespace
}  // namespace spate
