// Checkpoints at the first outcome of a period of the log's time: the same ones on all nodes.
#include <gtest/gtest.h>

#include <map>

#include "tests/engine/processor/following_kit.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/seeded_random.hpp"

namespace spate {
namespace {

constexpr int64_t period = 30 * second;

ProcessorLimits with_periods() {
  ProcessorLimits limits;
  limits.checkpoint_interval_ns = limits.common_period_ns = period;
  return limits;
}

std::vector<DigestPoint> points_of(ProcessorKit& one) {
  const uint32_t version = redemptions_domain().handler->evolve_version;
  return one.partition().rows().journal().points({}, 1, version);
}

std::string sequences_of(ProcessorKit& one) {
  std::string text;
  for (const DigestPoint& point : points_of(one)) text += std::to_string(point.sequence.value) + " ";
  return text;
}

struct CommonPeriod : testing::Test, FollowingKit {
  CommonPeriod() : FollowingKit(with_periods()) { pass(period - owner.clock.wall().ns % period); }
  /// Of what stands before the first outcome of all nobody knows: it begins no period. From its
  /// checkpoint on the interval counts.
  void open() {
    sell(0);
    EXPECT_EQ(sequences_of(owner) + sequences_of(kit), "");
    EXPECT_TRUE(owner.partition().freeze_now() && kit.partition().freeze_now());
    write();
  }
  /// One in which so many pieces go, and the first moment of the next.
  void pass_one(int pieces) {
    open();
    redeem(0, pieces);
    tell();
    pass(period + second);
  }
  void write() {
    owner.write_checkpoint();
    kit.write_checkpoint();
  }
};

TEST_F(CommonPeriod, IsBegunByTheSameOutcomeWhoeverFoldsIt) {
  pass_one(5);
  redeem(5, 10);  // the seventh is of the next period
  tell();
  write();
  EXPECT_EQ(sequences_of(owner), "1 7 ");
  EXPECT_EQ(sequences_of(kit), "1 7 ");
  EXPECT_EQ(points_of(owner), points_of(kit));
  EXPECT_EQ(owner.partition().sequence(), Sequence{11}) << "it went on behind it";
}

TEST_F(CommonPeriod, IsNotBegunByWhatLeavesNoOutcome) {
  pass_one(5);
  for (int i = 0; i < 50; ++i) owner.redeem("c", "p1", "k1");
  settle(owner);
  owner.redeem("c", "new", "new");
  settle(owner);
  tell();
  write();
  EXPECT_EQ(sequences_of(owner), "1 7 ");
  EXPECT_EQ(points_of(owner), points_of(kit));
}

TEST_F(CommonPeriod, EndsInTheIntervalWhereNothingMoreComes) {
  pass_one(1);
  owner.step(), kit.step();
  write();
  EXPECT_EQ(sequences_of(owner), "1 ") << "the first outcome of the next one may yet come";
  pass(8 * second);
  owner.step(), kit.step();
  write();
  EXPECT_EQ(sequences_of(owner), "1 2 ");
  EXPECT_EQ(points_of(owner), points_of(kit));
}

TEST_F(CommonPeriod, PassesWhileACheckpointIsBeingWritten) {
  open();
  redeem(0, 5);
  ASSERT_TRUE(owner.partition().freeze_now());
  pass(period + second);
  redeem(5, 10);
  EXPECT_TRUE(owner.partition().checkpointing().in_progress());
  owner.write_checkpoint();
  EXPECT_EQ(sequences_of(owner), "1 6 ") << "it was not waited for";
  EXPECT_FALSE(owner.partition().checkpointing().in_progress());
}

TEST_F(CommonPeriod, OfThePastIsNotCheckpointedWhileANodeCatchesUp) {
  owner.open("c", 10'000);
  for (int i = 0; i < 20; ++i) {
    redeem(i, i + 1);
    pass(period + second);
  }
  kit.log.fail_reads(true);
  tell();
  kit.restart();  // all of it lies in the log when it begins to follow
  kit.log.fail_reads(false);
  kit.step();
  kit.write_checkpoint();
  EXPECT_EQ(sequences_of(kit), "");
  redeem(20, 22);
  tell();
  write();
  EXPECT_EQ(sequences_of(kit), "22 ");
}

/// Whatever is told when, written when, restarted or taken over: never another digest, and most
/// periods have one on both sides.
TEST(CommonPeriods, MeetInTheSameDigestsUnderAnySchedule) {
  uint64_t met = 0, periods = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SeededRandom random(seed);
    ProcessorLimits limits = with_periods();
    limits.batch_commands_max = 1 + random.below(40);
    RowTableLimits rows{.dirty_bytes_max = 2048 + random.below(16 << 10)};
    FollowingKit nodes(limits, rows, {});
    nodes.owner.open("c", 1'000'000);
    int person = 0;
    for (int turn = 0; turn < 120; ++turn) {
      const int count = static_cast<int>(random.below(30));
      for (int i = 0; i < count; ++i) {
        const int who = random.one_in(10) ? static_cast<int>(random.below(person + 1)) : person++;
        nodes.owner.redeem(random.one_in(5) ? "d" : "c", "p" + std::to_string(who),
                           "k" + std::to_string(who));
      }
      FollowingKit::settle(nodes.owner);
      if (random.below(3) > 0) nodes.tell();
      if (random.below(4) > 0) nodes.owner.write_checkpoint();
      if (random.below(4) > 0) nodes.kit.write_checkpoint();
      if (random.one_in(40)) nodes.kit.restart(random.below(10));
      nodes.pass(static_cast<int64_t>(random.below(12)) * second);
      ASSERT_EQ(nodes.owner.fault() + nodes.kit.fault(), "") << "seed " << seed;
    }
    std::map<uint64_t, DigestPoint> ours;
    for (const DigestPoint& point : points_of(nodes.owner)) ours[point.sequence.value] = point;
    periods += ours.size();
    for (const DigestPoint& point : points_of(nodes.kit)) {
      const auto found = ours.find(point.sequence.value);
      if (found == ours.end()) continue;
      ++met;
      ASSERT_EQ(found->second, point) << "seed " << seed;
    }
  }
  EXPECT_GT(met, 500u) << "the rest are of the size of what had changed: one side alone";
}

}  // namespace
}  // namespace spate
