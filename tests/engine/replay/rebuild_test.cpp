// Rebuild: a new generation beside the one that serves, its proof, the move of readers, and back.
#include "tests/engine/replay/rebuild_kit.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/unreadable_log.hpp"

namespace spate {
namespace {

using namespace text_event;
constexpr auto expect_same = RebuildWish::Expect::same;
constexpr auto expect_fields = RebuildWish::Expect::fields;

struct RebuildOfTexts : testing::Test {
  MemoryLog log{log_topology({{"texts", 2}})};
  OutcomeLog outcomes{log, p}, others{log, {1, 1}};
  MemoryGenerations home;
  VirtualClock clock;
  std::optional<ServingLife> life;

  void start(RebuildLimits limits = {}, ProjectedDomain domain = text_domain(),
             Generations::MakeWitness witnesses = {}) {
    life.reset();
    life.emplace(log, home, clock, std::move(domain), limits, std::move(witnesses));
    life->settle();
  }
  void write(int from, int count) {
    for (int n = from; n < from + count; ++n)
      outcomes.accept("s", {{put_item, "k" + std::to_string(n) + " " + std::to_string(n)},
                            {put_dated, std::to_string(n)}});
  }
  /// A crash in the middle of a rebuild of 200 outcomes, which leaves what was written.
  RebuildLimits crash_in_a_rebuild(Log& of) {
    RebuildLimits limits;
    limits.projector.unfrozen_outcomes_max = 10;
    limits.projector.read_bytes_max = 1;
    life.emplace(of, home, clock, text_domain(), limits);
    write(0, 200);
    life->settle();
    EXPECT_TRUE(life->rebuild->ask({.projections = {"texts"}}).has_value());
    while (life->generations.plan().rebuild == std::nullopt || status().folded < 100) {
      clock.advance_ns(60'000'000);
      life->turn();
    }
    life.reset();
    home.crash([](std::size_t unflushed) { return unflushed; });
    return limits;
  }
  std::string item(const std::string& key) { return life->get(p, text_view::item, "s", key); }
  std::vector<uint32_t> stores() { return *home.present(); }
  RebuildStatus status() { return life->rebuild->status(); }
  /// The served generation holds another value of an item than the log says.
  void forge(const std::string& key, const std::string& value) {
    std::string stored;
    view_key(p, ViewScope::item, {text_view::item, key}, "s", stored);
    const ViewWrite write{stored, value.empty() ? Bytes{} : as_bytes(value)};
    const auto at = home.of(1).checkpoint(p);
    ASSERT_TRUE(at && *at);
    ASSERT_TRUE(home.of(1).write(p, {&write, 1}, **at));
  }
  /// Served from the store alone, then one item of it is changed.
  void start_forged(const std::string& key, const std::string& value) {
    start();
    write(0, 5);
    life->settle();
    while (!life->projector->freeze_all()) ASSERT_TRUE(life->writers.step());
    life.reset();
    forge(key, value);
    start();
  }
  ViewDifference difference(const std::string& view) {
    const RebuildStatus now = status();
    for (const ViewDifference& one : now.report->views)
      if (one.view == view) return one;
    ensure_failed("the report names the view", __FILE__, __LINE__);
  }
};

TEST_F(RebuildOfTexts, MovesReadersWhenNothingDiffersAndGoesOnFolding) {
  start();
  write(0, 50);
  others.accept("t", {{put_stream, "there"}});
  life->settle();
  EXPECT_EQ(life->begin(), RebuildStage::switched);
  EXPECT_TRUE(status().report->is_same());
  EXPECT_EQ(difference("item").same, 50u);
  EXPECT_EQ(difference("item").old_digest, difference("item").new_digest);
  EXPECT_GE(status().pause_ns, 0);
  EXPECT_EQ(life->generations.plan().generation_of("texts"), 2u);
  EXPECT_EQ(&life->served.of(1), life->generations.of(2).views.get());
  write(50, 1);
  life->settle();
  EXPECT_EQ(item("k50"), "50");
  EXPECT_EQ(item("k3"), "3");
  EXPECT_EQ(life->get({1, 1}, text_view::stream, "t"), "there");
}

TEST_F(RebuildOfTexts, KeepsFollowingTheOldOneUntilCommitSoThatTheWayBackLosesNothing) {
  start();
  write(0, 5);
  EXPECT_EQ(life->begin(), RebuildStage::switched);
  write(5, 5);
  life->settle();
  EXPECT_EQ(life->order(RebuildOrder::rollback), RebuildStage::none);
  EXPECT_EQ(status().last, "rolled back");
  EXPECT_EQ(&life->served.of(1), life->generations.of(1).views.get());
  EXPECT_EQ(item("k9"), "9");
  EXPECT_EQ(stores(), std::vector<uint32_t>{1});
  write(10, 1);
  life->settle();
  EXPECT_EQ(item("k10"), "10");
}

TEST_F(RebuildOfTexts, CommitForgetsTheViewsFromWhichReadersMoved) {
  start();
  write(0, 5);
  EXPECT_EQ(life->begin(), RebuildStage::switched);
  EXPECT_EQ(life->order(RebuildOrder::commit), RebuildStage::none);
  EXPECT_EQ(item("k4"), "4");
  EXPECT_FALSE(*home.of(1).checkpoint(p)) << "views that nobody serves are kept";
  start();
  EXPECT_EQ(item("k4"), "4");
  EXPECT_EQ(life->begin(), RebuildStage::switched);
  EXPECT_EQ(life->order(RebuildOrder::commit), RebuildStage::none);
  EXPECT_EQ(stores(), (std::vector<uint32_t>{1, 3})) << "generation 2 left a store";
  EXPECT_EQ(item("k4"), "4");
}

TEST_F(RebuildOfTexts, WaitsForADecisionWhenSomethingDiffers) {
  start_forged("k2", "forged");
  EXPECT_EQ(item("k2"), "forged");
  EXPECT_EQ(life->begin(), RebuildStage::ready);
  const ViewDifference& items = difference("item");
  EXPECT_EQ(items.same, 4u);
  EXPECT_EQ(items.changed, 1u);
  EXPECT_EQ(items.fields.at("text"), 1u);
  ASSERT_EQ(items.examples.size(), 1u);
  EXPECT_EQ(items.examples[0].key, "s/k2");
  EXPECT_EQ(items.examples[0].fields[0].old_value, "\"forged\"");
  EXPECT_EQ(items.examples[0].fields[0].new_value, "\"2\"");
  EXPECT_NE(items.old_digest, items.new_digest);
  EXPECT_EQ(item("k2"), "forged");
  EXPECT_EQ(life->order(RebuildOrder::switch_over), RebuildStage::switched);
  EXPECT_EQ(item("k2"), "2");
}

TEST_F(RebuildOfTexts, NamesWhatIsInOneGenerationOnly) {
  start_forged("k9", "never");
  forge("k1", "");
  EXPECT_EQ(life->begin(), RebuildStage::ready);
  EXPECT_EQ(difference("item").only_old, 1u);
  EXPECT_EQ(difference("item").only_new, 1u);
  EXPECT_EQ(difference("item").same, 4u);
  EXPECT_EQ(difference("dated (order)").same, 1u);
}

TEST_F(RebuildOfTexts, FailsOnAnyDifferenceWhereNoneWasExpected) {
  start_forged("k2", "forged");
  EXPECT_EQ(life->begin({.expect = expect_same}), RebuildStage::failed);
  EXPECT_NE(status().reason.find("'text'"), std::string::npos) << status().reason;
  EXPECT_EQ(item("k2"), "forged") << "it moved readers all the same";
  EXPECT_FALSE(life->rebuild->ask(RebuildOrder::switch_over).has_value());
  start();
  EXPECT_EQ(status().stage, RebuildStage::failed) << "a restart forgot it";
  EXPECT_EQ(life->order(RebuildOrder::cancel), RebuildStage::none);
  EXPECT_EQ(stores(), std::vector<uint32_t>{1});
}

TEST_F(RebuildOfTexts, PermitsTheNamedFieldAndNothingElse) {
  start_forged("k2", "forged");
  EXPECT_EQ(life->begin({.expect = expect_fields, .fields = {"dated.text"}}), RebuildStage::failed);
  EXPECT_EQ(life->order(RebuildOrder::cancel), RebuildStage::none);
  EXPECT_EQ(life->begin({.expect = expect_fields, .fields = {"item.text"}}),
            RebuildStage::switched);
}

TEST_F(RebuildOfTexts, GoesOnAfterACrashFromWhatWasWritten) {
  const RebuildLimits limits = crash_in_a_rebuild(log);
  life.emplace(log, home, clock, text_domain(), limits);
  EXPECT_GE(status().folded, 80u) << "it began anew";
  EXPECT_EQ(status().stage, RebuildStage::folding);
  life->settle();
  EXPECT_EQ(status().stage, RebuildStage::switched);
  EXPECT_TRUE(status().report->is_same());
  EXPECT_EQ(difference("item").same, 200u);
}

TEST_F(RebuildOfTexts, RestsWhenPausedAlsoOverARestart) {
  start({.near_outcomes_max = 0});
  write(0, 50);
  life->settle();
  ASSERT_TRUE(life->rebuild->ask({.projections = {"texts"}}).has_value());
  life->rebuild->step();
  EXPECT_EQ(life->order(RebuildOrder::pause), RebuildStage::folding);
  EXPECT_TRUE(status().paused);
  start();
  EXPECT_TRUE(status().paused);
  EXPECT_EQ(status().stage, RebuildStage::folding);
  EXPECT_EQ(status().folded, 0u);
  EXPECT_EQ(life->order(RebuildOrder::resume), RebuildStage::switched);
}

TEST_F(RebuildOfTexts, CancelLeavesNothingBehind) {
  start();
  write(0, 50);
  EXPECT_EQ(life->begin({.hold = true}), RebuildStage::ready);
  EXPECT_EQ(stores(), (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(life->order(RebuildOrder::cancel), RebuildStage::none);
  EXPECT_EQ(stores(), std::vector<uint32_t>{1});
  EXPECT_EQ(status().last, "cancelled");
  EXPECT_EQ(life->begin(), RebuildStage::switched) << "the next one cannot begin";
}

TEST_F(RebuildOfTexts, SaysWhatToWaitForWhileTheOneBeforeIsRemoved) {
  start();
  write(0, 5);
  EXPECT_EQ(life->begin(), RebuildStage::switched);
  ASSERT_TRUE(life->rebuild->ask(RebuildOrder::commit).has_value());
  const auto early = life->rebuild->ask({.projections = {"texts"}});
  ASSERT_FALSE(early.has_value());
  EXPECT_EQ(early.error().code, "replay_conflict");
  EXPECT_NE(early.error().detail.find("in a moment"), std::string::npos) << early.error().detail;
  EXPECT_EQ(early.error().detail.find("cancel"), std::string::npos) << "nothing is left to cancel";
}

TEST_F(RebuildOfTexts, FailsAtAnEventThatTheProjectionCannotFoldAndTheOldOneServesOn) {
  start({}, lenient_domain());
  write(0, 3);
  outcomes.accept("s", {{fail, ""}});
  write(3, 3);
  life->settle();
  while (!life->projector->freeze_all()) ASSERT_TRUE(life->writers.step());
  start();
  EXPECT_EQ(life->begin(), RebuildStage::failed);
  EXPECT_NE(status().reason.find("outcome 4 of partition 1/0"), std::string::npos);
  EXPECT_NE(status().reason.find("event of type 6"), std::string::npos) << status().reason;
  write(6, 1);
  life->settle();
  EXPECT_EQ(item("k6"), "6") << "the old generation stopped, too";
  EXPECT_EQ(life->order(RebuildOrder::cancel), RebuildStage::none);
}

/// What witnesses of each generation were told, and of which outcome the process is said to have
/// died.
struct Told {
  bool under_way = false;
  int outcomes = 0;
  Sequence last, deadly;
};
class ScriptedWitness final : public FoldWitness {
 public:
  explicit ScriptedWitness(Told& told) : told_(told) {}
  void folding(PartitionId partition, Sequence outcome) override {
    EXPECT_FALSE(told_.under_way);
    told_.under_way = true;
    EXPECT_EQ(partition, p);
    told_.last = outcome;
    ++told_.outcomes;
  }
  void folded(PartitionId) override { told_.under_way = false; }
  std::optional<Sequence> deadly(PartitionId partition) const override {
    const bool is_deadly = partition == p && told_.deadly > Sequence{};
    return is_deadly ? std::optional(told_.deadly) : std::nullopt;
  }
  Sequence harmless(PartitionId) const override { return told_.last; }

 private:
  Told& told_;
};

struct WatchedRebuild : RebuildOfTexts {
  std::map<uint32_t, Told> told;  // by generation
  void start_watched() {
    start({}, text_domain(),
          [this](uint32_t number) { return std::make_unique<ScriptedWitness>(told[number]); });
  }
};

TEST_F(WatchedRebuild, LeavesWordBeforeEachOutcomeAndGoesOnWhenItIsLive) {
  start_watched();
  write(0, 50);
  life->settle();
  EXPECT_EQ(told[1].outcomes, 50);
  EXPECT_EQ(life->begin(), RebuildStage::switched);
  EXPECT_EQ(told[2].outcomes, 50);
  EXPECT_FALSE(told[2].under_way);
  write(50, 3);
  life->settle();
  EXPECT_EQ(told[1].outcomes, 53) << "what was replaced is followed";
  EXPECT_EQ(told[2].outcomes, 53);
}

TEST_F(WatchedRebuild, FailsAtAnOutcomeOfWhichTheProcessDiedTwiceAndTheOldOneServesOn) {
  told[2].deadly = {7};
  start_watched();
  write(0, 9);
  life->settle();
  EXPECT_EQ(life->begin(), RebuildStage::failed);
  EXPECT_EQ(told[2].last, Sequence{6}) << "it is not tried a third time";
  for (const char* said : {"outcome 7 of partition 1/0: the process died twice", "of stream 's'"})
    EXPECT_NE(status().reason.find(said), std::string::npos) << status().reason;
  start_watched();
  EXPECT_EQ(status().stage, RebuildStage::failed) << "and stays so over a restart";
  EXPECT_EQ(item("k8"), "8");
  EXPECT_EQ(life->order(RebuildOrder::cancel), RebuildStage::none);
  told[2].deadly = {};
  EXPECT_EQ(life->begin(), RebuildStage::switched) << "with a better projection it goes through";
}

TEST_F(RebuildOfTexts, SaysWhatIsWrongBeforeItBegins) {
  start();
  const auto unknown = life->rebuild->ask({.projections = {"text"}});
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, "unknown_projection");
  EXPECT_NE(unknown.error().detail.find("did you mean 'texts'?"), std::string::npos);
  home.no_room = "another generation takes 900 MiB, 10 MiB are free";
  const auto room = life->rebuild->ask({.projections = {"texts"}});
  ASSERT_FALSE(room.has_value());
  EXPECT_EQ(room.error().code, "storage_full");
  EXPECT_EQ(life->rebuild->ask(RebuildOrder::commit).error().code, "replay_conflict");
  home.no_room.clear();
  EXPECT_EQ(life->begin({.hold = true}), RebuildStage::ready);
  EXPECT_EQ(life->rebuild->ask({.projections = {"texts"}}).error().code, "replay_conflict");
}

TEST_F(RebuildOfTexts, WaitsWhileTheDiskHasNoRoom) {
  start();
  write(0, 50);
  ASSERT_TRUE(life->rebuild->ask({.projections = {"texts"}}).has_value());
  home.no_room = "10 MiB are free";
  life->settle();
  clock.advance_ns(1'000'000'000);
  life->settle();
  EXPECT_EQ(status().stage, RebuildStage::folding);
  EXPECT_EQ(status().waiting, "10 MiB are free");
  EXPECT_EQ(status().folded, 0u);
  home.no_room.clear();
  life->settle();
  EXPECT_EQ(status().stage, RebuildStage::switched);
  EXPECT_EQ(status().waiting, "");
}

TEST_F(RebuildOfTexts, StaysWhereItIsWhenThePlanCannotBeSaved) {
  start();
  write(0, 5);
  EXPECT_EQ(life->begin({.hold = true}), RebuildStage::ready);
  home.plan_failure = "the disk is gone";
  EXPECT_EQ(life->order(RebuildOrder::switch_over), RebuildStage::ready);
  EXPECT_NE(status().reason.find("the disk is gone"), std::string::npos);
  EXPECT_EQ(&life->served.of(1), life->generations.of(1).views.get());
  home.plan_failure.clear();
  EXPECT_EQ(life->order(RebuildOrder::switch_over), RebuildStage::switched);
}

TEST_F(RebuildOfTexts, WaitsAtARestartForALogThatCannotBeReadJustNow) {
  UnreadableLog away(log);
  const RebuildLimits limits = crash_in_a_rebuild(away);
  away.away = 150;
  life.emplace(away, home, clock, text_domain(), limits);
  life->settle();
  EXPECT_EQ(status().stage, RebuildStage::folding) << status().reason;
  away.away.reset();
  life->settle();
  EXPECT_EQ(status().stage, RebuildStage::switched) << status().reason;
}

TEST_F(RebuildOfTexts, StopsAtRotInTheLogWithItsPlaceAndTheOldOneServesOn) {
  UnreadableLog rotten(log);
  ServingLife serving(rotten, home, clock);
  write(0, 5);
  serving.settle();
  rotten.rotten = 3;
  EXPECT_EQ(serving.begin(), RebuildStage::failed);
  EXPECT_NE(serving.rebuild->status().reason.find("segment 1 at 8192"), std::string::npos);
  write(5, 1);
  serving.settle();
  EXPECT_EQ(serving.get(p, text_view::item, "s", "k5"), "5");
}

}  // namespace
}  // namespace spate
