// Projector: folds outcomes in order, stops where it cannot, never shows half an outcome.
#include "engine/projector/projector.hpp"

#include <gtest/gtest.h>

#include "tests/engine/projector/projector_kit.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

using namespace text_event;

struct OnePartition {
  MemoryLog log{log_topology({{"texts", 1}})};
  OutcomeLog outcomes{log, p};
  MemoryViews store;
  std::optional<ProjectorLife> life;

  OnePartition() { start(); }
  void start(ProjectedDomain domain = text_domain()) {
    life.reset();
    life.emplace(log, store, ProjectorLimits{}, std::move(domain));
    ASSERT_TRUE(life->opened.has_value());
  }
  std::string item(std::string_view key) { return life->get(p, text_view::item, "s", key); }
  std::string stream() { return life->get(p, text_view::stream, "s"); }
};

TEST(Projector, ShowsAnOutcomeOnceItIsDurable) {
  OnePartition one;
  EXPECT_EQ(one.stream(), "none");
  one.outcomes.accept("s", {{put_stream, "first"}, {put_item, "a 1"}});
  EXPECT_EQ(one.stream(), "none");
  one.life->settle();
  EXPECT_EQ(one.stream(), "first");
  EXPECT_EQ(one.item("a"), "1");
  EXPECT_EQ(one.life->views.position(p).value, 1u);
}

TEST(Projector, AppliesWhatWasRedrivenAndNothingOfOtherKinds) {
  OnePartition one;
  one.outcomes.append({{"s", {{put_item, "a 1"}}, envelope::Kind::accepted, 3},
                       {"s", {{put_item, "b 1"}}, envelope::Kind::rejected},
                       {"s", {{put_item, "c 1"}}, envelope::Kind::parked},
                       {"s", {{put_item, "d 1"}}, envelope::Kind::digest}});
  one.life->settle();
  EXPECT_EQ(one.item("a") + one.item("b") + one.item("c") + one.item("d"), "1nonenonenone");
  EXPECT_EQ(one.life->views.position(p).value, 4u);
  EXPECT_EQ(one.life->views.stopped(p), "");
}

TEST(Projector, StopsAtAFailingProjectionAndKeepsServingWhatWasBefore) {
  OnePartition one;
  one.outcomes.append({{"s", {{put_stream, "old"}, {put_item, "a 1"}}},
                       {"s", {{put_item, "a 2"}}},
                       {"s", {{put_item, "a 3"}, {put_item, "b 3"}, {fail, ""}}},
                       {"s", {{put_item, "a 4"}}}});
  one.life->settle();
  EXPECT_EQ(one.stream(), "old");
  EXPECT_EQ(one.item("a"), "2") << "nothing of the failed outcome, all of those before it";
  EXPECT_EQ(one.item("b"), "none");
  EXPECT_EQ(one.life->views.position(p).value, 2u);
  EXPECT_NE(one.life->views.stopped(p).find("outcome 3 of partition 1/0"), std::string::npos);
  EXPECT_NE(one.life->views.stopped(p).find("the projection is in order"), std::string::npos);
  one.outcomes.accept("s", {{put_item, "a 5"}});
  one.life->settle();
  EXPECT_EQ(one.item("a"), "2") << "an outcome was skipped";
}

TEST(Projector, TellsOnceWhyItStopped) {
  OnePartition one;
  std::vector<std::string> told;
  one.life->projector.on_stop([&](const std::string& why) { told.push_back(why); });
  one.outcomes.append({{"s", {{put_item, "a 1"}}}, {"s", {{fail, ""}}}, {"s", {{put_item, "a 3"}}}});
  one.life->settle();
  one.outcomes.accept("s", {{put_item, "a 4"}});
  one.life->settle();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told.front(), one.life->views.stopped(p));
}

TEST(Projector, HeldBackFoldsAsFarAsItWasAndSaysWhyFromTheBeginning) {
  OnePartition one;
  for (const char* item : {"a 1", "a 2", "a 3"}) one.outcomes.accept("s", {{put_item, item}});
  ProjectedViews views(one.log.topology(), {text_domain()}, one.store);
  views.hold_back(p.domain, {"it ends the process", {{2}}});
  Projector projector(one.log, views, {p}, {});
  ASSERT_TRUE(projector.open().has_value());
  EXPECT_EQ(views.stopped(p), "it ends the process");
  EXPECT_FALSE(views.whole(p));
  while (projector.step() == Step::worked) {
  }
  EXPECT_EQ(views.position(p).value, 2u);
  EXPECT_TRUE(views.whole(p)) << "it goes no further";
  one.outcomes.accept("s", {{put_item, "a 4"}});
  EXPECT_EQ(projector.step(), Step::idle);
  std::string value;
  ASSERT_TRUE(*views.get({p, text_view::item, "s", "a"}, value));
  EXPECT_EQ(value, "2");
  EXPECT_EQ(views.stopped(p), "it ends the process");
}

TEST(Projector, StopsAtAnExceptionLikeAtABrokenCondition) {
  OnePartition one;
  one.outcomes.accept("s", {{put_item, "a 1"}, {broken, ""}});
  one.life->settle();
  EXPECT_EQ(one.item("a"), "none");
  EXPECT_NE(one.life->views.stopped(p).find("out of luck"), std::string::npos);
}

TEST(Projector, StopsAtAnEventOrKindItDoesNotKnow) {
  OnePartition event, kind;
  event.outcomes.append({{"s", {{put_item, "a 1"}}}, {"s", {{put_item, "a 2"}, {unknown, ""}}}});
  event.life->settle();
  EXPECT_EQ(event.item("a"), "1");
  EXPECT_NE(event.life->views.stopped(p).find("event 99"), std::string::npos);
  kind.outcomes.append({{"s", {}, static_cast<envelope::Kind>(100)}});
  kind.life->settle();
  EXPECT_NE(kind.life->views.stopped(p).find("kind 100"), std::string::npos);
  EXPECT_EQ(kind.life->views.position(p).value, 0u);
}

TEST(Projector, StopsWhereTheChainOrTheSequenceBreaks) {
  OnePartition chain, gap;
  chain.outcomes.append(
      {{"s", {{put_item, "a 1"}}}, {"s", {{put_item, "a 2"}}, envelope::Kind::accepted, 0, 12345}});
  chain.life->settle();
  EXPECT_EQ(chain.item("a"), "1");
  EXPECT_NE(chain.life->views.stopped(p).find("chain"), std::string::npos);
  gap.outcomes.append({{"s", {{put_item, "a 1"}}},
                       {"s", {{put_item, "a 2"}}, envelope::Kind::accepted, 0, std::nullopt, 3}});
  gap.life->settle();
  EXPECT_EQ(gap.item("a"), "1");
  EXPECT_NE(gap.life->views.stopped(p).find("gap"), std::string::npos);
}

TEST(Projector, StopsOnlyThePartitionThatFails) {
  MemoryLog log(log_topology({{"texts", 2}}));
  OutcomeLog bad(log, {1, 0}), good(log, {1, 1});
  MemoryViews store;
  ProjectorLife life(log, store);
  bad.accept("s", {{fail, ""}});
  good.accept("s", {{put_stream, "fine"}});
  life.settle();
  EXPECT_EQ(life.get({1, 1}, text_view::stream, "s"), "fine");
  EXPECT_EQ(life.views.stopped({1, 1}), "");
  EXPECT_NE(life.views.stopped({1, 0}), "");
}

TEST(Projector, FoldsWhatIsMostBehindFirstWhereItIsToldTo) {
  MemoryLog log(log_topology({{"texts", 3}}));
  OutcomeLog many(log, {1, 0}), few(log, {1, 1});  // a third one has none
  MemoryViews store;
  for (int n = 0; n < 6; ++n) many.accept("s", {{put_item, "k v"}});
  for (int n = 0; n < 3; ++n) few.accept("t", {{put_item, "k v"}});
  ProjectorLife life(log, store, {.read_bytes_max = 1, .oldest_first = true});
  uint64_t a = 0, b = 0;
  while (life.projector.step() == Step::worked) {
    a = life.views.position({1, 0}).value, b = life.views.position({1, 1}).value;
    EXPECT_LE(a, b < 3 ? b + 1 : 6) << "it ran ahead of one that is behind";
    EXPECT_LE(b, a + 1);
  }
  EXPECT_EQ(a, 6u);
  EXPECT_EQ(b, 3u);
  few.accept("t", {{put_item, "k w"}});
  life.fold();
  EXPECT_EQ(life.views.position({1, 1}), Sequence{4}) << "behind again, and older than the other";
}

TEST(Projector, FoldsManyOutcomesOfOneBatchAndEditsInPlace) {
  OnePartition one;
  std::vector<WrittenOutcome> many{{"s", {{put_item, "n 0000"}}}};
  for (int n = 1; n < 2000; ++n) {
    std::string number = std::to_string(n);
    many.push_back({"s", {{edit_item, "n " + number}, {put_item, "k" + number + " " + number}}});
  }
  one.outcomes.append(many);
  one.life->settle();
  EXPECT_EQ(one.item("n"), "1999");
  EXPECT_EQ(one.item("k1234"), "1234");
  EXPECT_EQ(one.life->views.position(p).value, 2000u);
}

class CountingBell final : public Bell {
 public:
  void ring() override { ++rung; }
  std::atomic<int> rung{0};
};

TEST(Projector, RingsWhoWaitsAfterThePositionMovedAndWhenItStops) {
  OnePartition one;
  CountingBell bell;
  one.life->views.on_advance(&bell);
  one.life->settle();
  EXPECT_EQ(bell.rung, 0);
  one.outcomes.accept("s", {{put_stream, "x"}});
  one.life->settle();
  EXPECT_EQ(bell.rung, 1);
  one.outcomes.accept("s", {{fail, ""}});
  one.life->settle();
  EXPECT_EQ(bell.rung, 2);
}

}  // namespace
}  // namespace spate
