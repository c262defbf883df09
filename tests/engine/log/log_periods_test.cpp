// LogPeriods: which outcome of a batch begins a period, wherever in the batch that lies.
#include "engine/log/log_periods.hpp"

#include <gtest/gtest.h>

#include "tests/support/seeded_random.hpp"

namespace spate {
namespace {

constexpr int64_t period = 10;

/// Outcomes `first`, +1, … of these times.
RecordBatch outcomes_at(uint64_t first, std::initializer_list<int64_t> times) {
  RecordBatch batch({1, 0}, LogSide::outcomes);
  for (const int64_t time : times) batch.add(first++, {time}, {});
  return batch;
}

/// The number; 0: none.
uint64_t beginning(const LogPeriods& periods, const RecordBatch& batch, uint64_t done = 0,
                   uint64_t until = 1000) {
  return periods.beginning(batch, {done}, {until}).value_or(Sequence{}).value;
}

LogPeriods behind(int64_t time) {
  LogPeriods periods(period);
  periods.go_behind({time});
  return periods;
}

TEST(LogPeriods, BeginWhereTheFirstOutcomeOfOneLies) {
  const LogPeriods periods = behind(5);
  EXPECT_EQ(beginning(periods, outcomes_at(1, {5, 6, 9})), 0u);
  EXPECT_EQ(beginning(periods, outcomes_at(1, {10, 11, 12})), 1u);
  EXPECT_EQ(beginning(periods, outcomes_at(1, {6, 10, 12})), 2u);
  EXPECT_EQ(beginning(periods, outcomes_at(1, {6, 9, 10})), 3u);
  EXPECT_EQ(beginning(periods, outcomes_at(1, {6, 19, 19})), 2u) << "not at its first moment";
  EXPECT_EQ(beginning(periods, outcomes_at(1, {})), 0u);
}

TEST(LogPeriods, BeginOnceWhereSeveralPassInOneBatch) {
  LogPeriods periods = behind(5);
  const RecordBatch batch = outcomes_at(1, {6, 45, 46, 93, 99});
  EXPECT_EQ(beginning(periods, batch), 2u) << "those of the periods between never came";
  periods.go_behind({45});
  EXPECT_EQ(beginning(periods, batch, 2), 4u);
  periods.go_behind({93});
  EXPECT_EQ(beginning(periods, batch, 4), 0u);
}

TEST(LogPeriods, DoNotBeginAtWhatIsDoneOrNotYetWanted) {
  const LogPeriods periods = behind(25);
  const RecordBatch batch = outcomes_at(7, {11, 19, 21, 25, 30, 31});
  EXPECT_EQ(beginning(periods, batch, 10, 10), 0u);
  EXPECT_EQ(beginning(periods, batch, 10, 11), 11u);
  EXPECT_EQ(beginning(periods, batch, 10, 12), 11u);
  EXPECT_EQ(beginning(periods, batch, 10, 8), 0u);
  EXPECT_EQ(beginning(behind(5), batch, 9, 12), 10u) << "what is done is looked at no more";
}

TEST(LogPeriods, DoNotBeginBeforeItIsKnownWhatCameBefore) {
  EXPECT_EQ(beginning(LogPeriods(period), outcomes_at(1, {5, 15, 25})), 0u);
  LogPeriods none;
  none.go_behind({5});
  EXPECT_EQ(beginning(none, outcomes_at(1, {5, 15, 25})), 0u);
}

/// However the outcomes are cut into batches, and however far each is folded at once.
TEST(LogPeriods, BeginAtTheSameOutcomesForWhoeverFoldsThem) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    std::vector<int64_t> times;
    for (int64_t now = 0; times.size() < 200; now += static_cast<int64_t>(random.below(4)) *
                                                     static_cast<int64_t>(random.below(8)))
      times.push_back(now);
    std::vector<uint64_t> expected, found;
    for (std::size_t n = 1; n < times.size(); ++n)
      if (times[n] / period != times[n - 1] / period) expected.push_back(n + 1);
    LogPeriods periods = behind(times[0]);
    for (uint64_t done = 1; done < times.size();) {
      RecordBatch batch({1, 0}, LogSide::outcomes);
      const uint64_t first = done + 1 - random.below(std::min<uint64_t>(done, 5));
      const uint64_t last = std::min<uint64_t>(times.size(), done + 1 + random.below(40));
      for (uint64_t n = first; n <= last; ++n) batch.add(n, {times[n - 1]}, {});
      uint64_t until = std::min<uint64_t>(last, done + 1 + random.below(50));
      const uint64_t at = beginning(periods, batch, done, until);
      if (at != 0) found.push_back(until = at);
      periods.go_behind({times[until - 1]});
      done = until;
    }
    ASSERT_EQ(found, expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace spate
