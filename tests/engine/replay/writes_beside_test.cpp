// A rebuild that writes beside its fold: what is under way is waited for, its fault fails the
// rebuild, and nobody touches a store into which somebody still writes.
#include "tests/engine/replay/rebuild_kit.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

using namespace text_event;

/// A step begun ends when it may, on the thread of whoever asks.
class HeldSteps final : public StepBeside {
 public:
  bool holds = false;
  std::size_t begun = 0;

  void begin(Work work) override {
    ENSURE(!work_);
    work_ = std::move(work);
    ++begun;
  }
  std::optional<Result<Step>> ended() override {
    if (!holds) wait();
    return std::exchange(ended_, std::nullopt);
  }
  void wait() override {
    if (work_) ended_ = std::exchange(work_, nullptr)();
  }
  bool is_under_way() const { return static_cast<bool>(work_); }

 private:
  Work work_;
  std::optional<Result<Step>> ended_;
};

struct WritingBeside : testing::Test {
  MemoryLog log{log_topology({{"texts", 2}})};
  OutcomeLog outcomes{log, p};
  MemoryGenerations home;
  VirtualClock clock;
  HeldSteps beside;
  std::optional<ServingLife> life;

  static RebuildLimits limits() {
    RebuildLimits limits;
    limits.near_outcomes_max = 0;
    limits.projector.unfrozen_outcomes_max = 10;
    limits.projector.read_bytes_max = 1;
    return limits;
  }
  void start(RebuildLimits limits = WritingBeside::limits(),
             ProjectedDomain domain = text_domain()) {
    life.reset();
    life.emplace(log, home, clock, std::move(domain), limits, Generations::MakeWitness{}, false,
                 &beside);
    life->settle();
  }
  void write(int from, int count) {
    for (int n = from; n < from + count; ++n)
      outcomes.accept("s", {{put_item, "k" + std::to_string(n) + " " + std::to_string(n)}});
  }
  RebuildStage begin(uint64_t budget_percent = 100) {
    return life->begin({.budget_percent = budget_percent});
  }
  /// 60 outcomes, all folded but for those whose write is under way.
  void begin_and_hold() {
    start();
    write(0, 60);
    life->settle();
    beside.holds = true;
    EXPECT_EQ(begin(), RebuildStage::folding);
    ASSERT_TRUE(beside.is_under_way());
  }
  void let_go() {
    beside.holds = false;
    life->settle();
  }
  RebuildStatus status() { return life->rebuild->status(); }
  std::vector<uint32_t> stores() { return *home.present(); }
};

TEST_F(WritingBeside, FoldsOnAndEndsWithEverythingWritten) {
  begin_and_hold();
  EXPECT_EQ(life->generations.of(2).views->position(p).value, 60u) << "it waited";
  EXPECT_EQ(beside.begun, 1u) << "one step at a time";
  EXPECT_FALSE(*home.of(2).checkpoint(p)) << "told before it was written";
  let_go();
  EXPECT_EQ(status().stage, RebuildStage::switched) << status().reason;
  EXPECT_TRUE(status().report->is_same());
  EXPECT_EQ((*home.of(2).checkpoint(p))->sequence.value, 60u);
  EXPECT_EQ(home.of(2).unflushed(), 0u);
}

TEST_F(WritingBeside, IsForWhoHasAWholeCore) {
  start();
  write(0, 60);
  life->settle();
  EXPECT_EQ(begin(99), RebuildStage::switched);
  EXPECT_EQ(beside.begun, 0u);
}

TEST_F(WritingBeside, IsNotForAFewOutcomes) {
  RebuildLimits few = limits();
  few.near_outcomes_max = 100;
  start(few);
  write(0, 60);
  life->settle();
  EXPECT_EQ(begin(), RebuildStage::switched);
  EXPECT_EQ(beside.begun, 0u);
}

TEST_F(WritingBeside, AFaultFailsTheRebuildAndTheOldOneServesOn) {
  begin_and_hold();
  home.write_failure = "the disk is gone";
  let_go();
  EXPECT_EQ(status().stage, RebuildStage::failed);
  EXPECT_NE(status().reason.find("the disk is gone"), std::string::npos) << status().reason;
  home.write_failure.clear();
  write(60, 1);
  life->settle();
  EXPECT_EQ(life->get(p, text_view::item, "s", "k60"), "60");
  EXPECT_EQ(life->order(RebuildOrder::cancel), RebuildStage::none);
  EXPECT_EQ(stores(), std::vector<uint32_t>{1});
  EXPECT_EQ(begin(), RebuildStage::switched) << status().reason;
}

TEST_F(WritingBeside, CancelWaitsForWhoWritesBeforeTheStoreGoes) {
  begin_and_hold();
  EXPECT_EQ(life->order(RebuildOrder::cancel), RebuildStage::leaving);
  EXPECT_EQ(stores(), (std::vector<uint32_t>{1, 2}));
  let_go();
  EXPECT_EQ(status().stage, RebuildStage::none);
  EXPECT_EQ(stores(), std::vector<uint32_t>{1});
  EXPECT_EQ(begin(), RebuildStage::switched) << status().reason;
}

/// It is cancelled: how the last write ended is nobody's business any more.
TEST_F(WritingBeside, CancelDoesNotMindAFaultOfWhoStillWrites) {
  begin_and_hold();
  home.write_failure = "the disk is gone";
  EXPECT_EQ(life->order(RebuildOrder::cancel), RebuildStage::leaving);
  let_go();
  EXPECT_EQ(status().stage, RebuildStage::none);
  home.write_failure.clear();
  EXPECT_EQ(begin(), RebuildStage::switched) << status().reason;
}

TEST_F(WritingBeside, APauseDoesNotLoseWhatEndsMeanwhile) {
  begin_and_hold();
  EXPECT_EQ(life->order(RebuildOrder::pause), RebuildStage::folding);
  let_go();
  EXPECT_EQ(status().stage, RebuildStage::folding);
  EXPECT_EQ(life->order(RebuildOrder::resume), RebuildStage::switched) << status().reason;
}

TEST_F(WritingBeside, APauseDoesNotLoseAFault) {
  begin_and_hold();
  EXPECT_EQ(life->order(RebuildOrder::pause), RebuildStage::folding);
  home.write_failure = "the disk is gone";
  let_go();
  EXPECT_EQ(status().stage, RebuildStage::folding);
  beside.wait();
  home.write_failure.clear();
  EXPECT_EQ(life->order(RebuildOrder::resume), RebuildStage::failed);
  EXPECT_NE(status().reason.find("the disk is gone"), std::string::npos) << status().reason;
}

TEST_F(WritingBeside, TheStoreOfARebuildThatFailedMeanwhileWaitsForWhoWrites) {
  start(limits(), lenient_domain());
  write(0, 60);
  outcomes.accept("s", {{fail, ""}});
  write(60, 5);
  life->settle();
  while (!life->projector->freeze_all()) ASSERT_TRUE(life->writers.step());
  start();
  beside.holds = true;
  EXPECT_EQ(begin(), RebuildStage::failed);
  EXPECT_NE(status().reason.find("outcome 61 of partition 1/0"), std::string::npos);
  EXPECT_EQ(life->order(RebuildOrder::cancel), RebuildStage::leaving);
  EXPECT_EQ(stores(), (std::vector<uint32_t>{1, 2}));
  let_go();
  EXPECT_EQ(status().stage, RebuildStage::none);
  EXPECT_EQ(stores(), std::vector<uint32_t>{1});
}

TEST_F(WritingBeside, ACleanStopWaitsAndWritesAllThatIsFolded) {
  begin_and_hold();
  ASSERT_TRUE(life->rebuild->close());
  EXPECT_FALSE(beside.is_under_way());
  EXPECT_EQ((*home.of(2).checkpoint(p))->sequence.value, 60u);
  EXPECT_EQ(home.of(2).unflushed(), 0u);
}

TEST_F(WritingBeside, ACleanStopTellsTheFaultOfWhatWasUnderWay) {
  begin_and_hold();
  home.write_failure = "the disk is gone";
  const auto closed = life->rebuild->close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().detail, "the disk is gone");
}

TEST_F(WritingBeside, GoesOnAfterACrashThatTookWhatWasUnderWay) {
  begin_and_hold();
  home.write_failure = "the process is dead";
  life.reset();
  home.write_failure.clear();
  home.crash([](std::size_t) { return std::size_t{0}; });
  beside.holds = false;
  start();
  EXPECT_EQ(status().stage, RebuildStage::switched) << status().reason;
  EXPECT_TRUE(status().report->is_same());
}

}  // namespace
}  // namespace spate
