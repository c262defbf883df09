// Checkpoints of views: one position, compared with the log before use, never ahead of the fold.
#include <gtest/gtest.h>

#include "engine/projector/rocks_views.hpp"
#include "tests/engine/projector/killed_process.hpp"
#include "tests/engine/projector/projector_kit.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/unreadable_log.hpp"

namespace spate {
namespace {

using namespace text_event;

struct Restarts {
  MemoryLog log{log_topology({{"texts", 1}})};
  OutcomeLog outcomes{log, p};
  MemoryViews store;
  std::optional<ProjectorLife> life;

  void start(ProjectedDomain domain = text_domain(), ProjectorLimits limits = {}) {
    life.reset();
    life.emplace(log, store, limits, std::move(domain));
  }
  void put(const std::string& key, const std::string& value) {
    outcomes.accept("s", {{put_item, key + " " + value}});
  }
  std::string item(std::string_view key) { return life->get(p, text_view::item, "s", key); }
  std::string discarded() const { return life->opened->empty() ? "" : life->opened->front(); }
  Hash128 fresh_digest() {
    MemoryViews empty;
    ProjectorLife fresh(log, empty);
    fresh.settle();
    return *fresh.views.digest(p);
  }
};

TEST(ViewCheckpoint, IsWhereAStoppedProjectorGoesOn) {
  Restarts r;
  r.start();
  r.put("a", "1");
  r.put("b", "1");
  r.life->checkpoint();
  EXPECT_EQ((*r.store.checkpoint(p))->sequence.value, 2u);
  r.put("b", "2");
  r.start();
  EXPECT_EQ(r.discarded(), "");
  EXPECT_EQ(r.life->views.position(p).value, 2u);
  EXPECT_EQ(r.item("a") + r.item("b"), "11");
  r.life->settle();
  EXPECT_EQ(r.item("a") + r.item("b"), "12");
  EXPECT_EQ(*r.life->views.digest(p), r.fresh_digest());
}

/// Nine outcomes of one partition, which say `first`, three of the other.
void write_two(MemoryLog& log, const std::string& first) {
  OutcomeLog long_one(log, {1, 0}), short_one(log, {1, 1});
  for (int i = 0; i < 9; ++i) long_one.accept("s", {{put_item, "a " + first}});
  for (int i = 0; i < 3; ++i) short_one.accept("t", {{put_item, "b " + std::to_string(i)}});
}

TEST(ViewCheckpoint, IsComparedWhenALogThatWasAwayCanBeReadAgain) {
  MemoryLog before(log_topology({{"texts", 2}})), now(log_topology({{"texts", 2}}));
  write_two(before, "other");
  write_two(now, "same");
  MemoryViews store;
  ProjectorLife(before, store).checkpoint();

  UnreadableLog away(now);
  away.away = 5;  // the end of the first partition can be read, that of the second cannot
  ProjectorLife life(away, store);
  for (int tries = 0; tries < 3; ++tries) {
    ASSERT_FALSE(life.opened.has_value());
    EXPECT_EQ(life.opened.error().action, FaultAction::retry);
    life.opened = life.projector.open();
  }
  away.away.reset();
  life.opened = life.projector.open();
  ASSERT_TRUE(life.opened.has_value());
  ASSERT_EQ(life.opened->size(), 1u) << "what was discarded before is told, and once";
  EXPECT_NE(life.opened->front().find("1/0 at outcome 9 are discarded"), std::string::npos)
      << life.opened->front();
  EXPECT_EQ(life.views.position({1, 0}).value, 0u);
  EXPECT_EQ(life.views.position({1, 1}).value, 3u) << "kept";
  life.settle();
  EXPECT_EQ(life.get({1, 0}, text_view::item, "s", "a"), "same");
  EXPECT_EQ(life.get({1, 1}, text_view::item, "t", "b"), "2");
}

TEST(ViewCheckpoint, IsEarlierAfterACrashAndTheFoldEndsTheSame) {
  Restarts r;
  r.start();
  r.put("a", "1");
  r.life->checkpoint();
  ASSERT_TRUE(r.store.flush().has_value());
  r.outcomes.accept("s", {{erase_item, "a"}, {put_item, "b 1"}});
  r.life->settle();
  ASSERT_FALSE(r.life->projector.freeze_all());
  ASSERT_TRUE(r.life->checkpointer.step().has_value());  // written, not flushed
  r.life.reset();
  EXPECT_EQ(r.store.unflushed(), 1u);
  r.store.crash(0);
  r.start();
  EXPECT_EQ(r.life->views.position(p).value, 1u);
  r.life->settle();
  EXPECT_EQ(r.item("a") + r.item("b"), "none1");
  EXPECT_EQ(*r.life->views.digest(p), r.fresh_digest());
}

TEST(ViewCheckpoint, ErasedViewsHideWhatIsStored) {
  Restarts r;
  r.start();
  r.put("a", "1");
  r.life->checkpoint();
  r.outcomes.accept("s", {{erase_item, "a"}});
  r.life->settle();
  EXPECT_EQ(r.item("a"), "none");
  ASSERT_FALSE(r.life->projector.freeze_all());
  EXPECT_EQ(r.item("a"), "none") << "from the frozen layer";
  r.life->checkpoint();
  EXPECT_EQ(r.item("a"), "none") << "from the store";
}

struct Mismatch {
  const char* name;
  void (*change)(Restarts&);
  const char* says;
};
const Mismatch mismatches[] = {
    {"AnotherSchema", [](Restarts& r) { r.start(text_domain(8)); }, "schema"},
    {"AnotherProjection",
     [](Restarts& r) {
       static const ProjectionTable newer{text_projection().apply, {}, 2};
       ProjectedDomain domain = text_domain();
       domain.projection = &newer;
       r.start(domain);
     },
     "projection changed"},
    {"AnotherChain",
     [](Restarts& r) {
       Checkpoint wrong = **r.store.checkpoint(p);
       ++wrong.chain;
       ASSERT_TRUE(r.store.write(p, {}, wrong).has_value());
       r.start();
     },
     "other outcomes"},
    {"AheadOfTheLog",
     [](Restarts& r) {
       Checkpoint wrong = **r.store.checkpoint(p);
       wrong.sequence = {1000};
       ASSERT_TRUE(r.store.write(p, {}, wrong).has_value());
       r.start();
     },
     "ahead"},
    {"AnotherLog",
     [](Restarts& r) {
       Checkpoint wrong = **r.store.checkpoint(p);
       wrong.log.id.lo ^= 1;
       ASSERT_TRUE(r.store.write(p, {}, wrong).has_value());
       r.start();
     },
     "another log"},
    {"AnotherIncarnation",
     [](Restarts& r) {
       Checkpoint wrong = **r.store.checkpoint(p);
       ++wrong.log.incarnation;
       ASSERT_TRUE(r.store.write(p, {}, wrong).has_value());
       r.start();
     },
     "another log"},
};

class DiscardedCheckpoint : public testing::TestWithParam<Mismatch> {};

TEST_P(DiscardedCheckpoint, IsSaidAndFoldedAgainFromTheStart) {
  Restarts r;
  r.start();
  r.put("a", "1");
  r.put("b", "1");
  r.life->checkpoint();
  GetParam().change(r);
  ASSERT_TRUE(r.life->opened.has_value());
  EXPECT_NE(r.discarded().find(GetParam().says), std::string::npos) << r.discarded();
  EXPECT_EQ(r.life->views.position(p).value, 0u);
  EXPECT_EQ(r.item("a"), "none");
  r.life->settle();
  EXPECT_EQ(r.item("a") + r.item("b"), "11");
  EXPECT_EQ(*r.life->views.digest(p), r.fresh_digest());
}
INSTANTIATE_TEST_SUITE_P(Of, DiscardedCheckpoint, testing::ValuesIn(mismatches),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ViewCheckpoint, BlocksTheFoldWhileTheStoreIsBehind) {
  Restarts r;
  const ProjectorLimits limits{.dirty_bytes_max = 256 << 10, .read_bytes_max = 1};
  r.start(text_domain(), limits);
  const std::string value(1000, 'v');
  for (int n = 0; n < 1000; ++n) r.put(std::to_string(n), value);
  Step step = Step::worked;
  while (step == Step::worked) step = r.life->projector.step();
  EXPECT_EQ(step, Step::blocked);
  const Sequence at = r.life->views.position(p);
  EXPECT_LT(at.value, 300u) << "1000 bytes each, 256 KiB in all";
  EXPECT_EQ(r.life->projector.step(), Step::blocked);
  EXPECT_EQ(r.life->views.position(p), at);
  r.life->settle();
  EXPECT_EQ(r.life->views.position(p).value, 1000u);
  EXPECT_EQ(*r.life->views.digest(p), r.fresh_digest());
}

TEST(ViewCheckpoint, IsNotWholeBeforeAllIsFoldedThatLayInTheLogAtTheStart) {
  Restarts r;
  r.start();
  EXPECT_TRUE(r.life->views.whole(p)) << "there is nothing";
  for (int n = 0; n < 20; ++n) r.put("a", std::to_string(n));
  r.life->checkpoint();
  for (int n = 0; n < 10; ++n) r.put("a", std::to_string(n));
  r.life->settle();  // into memory alone
  r.start(text_domain(), {.read_bytes_max = 1});
  r.put("a", "new");  // it waits for nothing that comes later
  while (!r.life->views.whole(p)) {
    EXPECT_LT(r.life->views.position(p).value, 30u);
    ASSERT_EQ(r.life->projector.step(), Step::worked);
  }
  EXPECT_EQ(r.life->views.position(p).value, 30u);
}

TEST(ViewCheckpoint, IsWholeWhereItStopsForGood) {
  Restarts r;
  r.start();
  r.put("a", "1");
  r.outcomes.accept("s", {{text_event::fail, ""}});
  r.put("a", "2");
  r.start();
  EXPECT_FALSE(r.life->views.whole(p));
  r.life->settle();
  EXPECT_NE(r.life->views.stopped(p), "");
  EXPECT_TRUE(r.life->views.whole(p)) << "nobody waits for what never comes";
}

TEST(ViewCheckpoint, FollowsAfterSoManyOutcomesAtTheLatest) {
  Restarts r;
  r.start(text_domain(), {.unfrozen_outcomes_max = 10, .read_bytes_max = 1});
  for (int n = 0; n < 35; ++n) r.put("a", std::to_string(n));
  r.life->settle();
  ASSERT_TRUE(r.store.checkpoint(p)->has_value());
  EXPECT_GE((*r.store.checkpoint(p))->sequence.value, 30u);
}

/// The same log every time: a process that comes after a killed one meets what that one read.
struct LongLog {
  MemoryLog log{log_topology({{"texts", 2}})};
  LongLog() {
    OutcomeLog first(log, {1, 0}), second(log, {1, 1});
    for (int n = 0; n < 600; ++n) {
      const std::string key = "k" + std::to_string(n * 31 % 100), value = std::to_string(n);
      (n % 3 == 0 ? first : second)
          .append({{"s" + std::to_string(n % 5),
                    {{put_item, key + " " + value},
                     {put_dated, value},
                     {erase_item, "k" + std::to_string(n % 100)}}}});
    }
  }
};

class KilledProjector : public testing::TestWithParam<int> {};

TEST_P(KilledProjector, EndsWithTheViewsOfAFreshFold) {
  SharedFolder folder;
  const ProjectorLimits limits{.unfrozen_outcomes_max = 20, .read_bytes_max = 1};
  in_killed_process([&] {
    LongLog log;
    auto store = std::move(*RocksViews::open(folder.path(), {}));
    ProjectorLife life(log.log, *store, limits);
    for (int n = 0; n < GetParam(); ++n) {
      life.projector.step();
      if (n % 5 == 0) ENSURE(life.checkpointer.step().has_value());
    }
    _exit(0);
  });
  LongLog log;
  auto store = std::move(*RocksViews::open(folder.path(), {}));
  ProjectorLife life(log.log, *store, limits);
  ASSERT_TRUE(life.opened.has_value());
  EXPECT_TRUE(life.opened->empty());
  if (GetParam() > 100) {
    EXPECT_GT(life.views.position({1, 1}).value, 0u) << "nothing had reached the disk";
  }
  life.settle();
  MemoryViews empty;
  ProjectorLife fresh(log.log, empty);
  fresh.settle();
  for (uint16_t i = 0; i < 2; ++i)
    EXPECT_EQ(*life.views.digest({1, i}), *fresh.views.digest({1, i}));
}
INSTANTIATE_TEST_SUITE_P(AfterSteps, KilledProjector, testing::Values(1, 40, 200, 350, 500));

/// Fails on demand, as a disk does.
class FailingViews final : public ViewStore {
 public:
  bool fails = false;
  int untended = 0;
  Result<std::optional<Checkpoint>> checkpoint(PartitionId p) override {
    return real_.checkpoint(p);
  }
  Result<bool> get(std::string_view key, std::string& value) override {
    if (fails) return stop("views_unavailable", "the disk is gone");
    return real_.get(key, value);
  }
  std::unique_ptr<ViewCursor> scan(const KeyRange& range) override { return real_.scan(range); }
  std::unique_ptr<ViewSnapshot> snapshot() override { return real_.snapshot(); }
  Result<void> write(PartitionId p, std::span<const ViewWrite> views,
                     const Checkpoint& at) override {
    if (fails) return stop("views_unavailable", "the disk is gone");
    return real_.write(p, views, at);
  }
  Result<void> flush() override { return real_.flush(); }
  Result<void> clear(PartitionId p) override { return real_.clear(p); }
  Result<Step> tend() override {
    return untended > 0 ? --untended, Step::worked : Step::idle;
  }

 private:
  MemoryViews real_;
};

TEST(ViewCheckpoint, TendsTheStoreASliceAtATimeAndRestsInBetween) {
  MemoryLog log(log_topology({{"texts", 1}}));
  FailingViews store;
  ProjectorLife life(log, store);
  store.untended = 3;
  EXPECT_EQ(*life.checkpointer.step(), Step::blocked);
  EXPECT_EQ(store.untended, 2);
  EXPECT_EQ(*life.checkpointer.step(), Step::blocked);
  EXPECT_EQ(*life.checkpointer.step(), Step::blocked);
  EXPECT_EQ(*life.checkpointer.step(), Step::idle) << "nothing is left";
}

TEST(ViewCheckpoint, AStoreThatCannotBeReadStopsTheFoldAndSaysWhy) {
  MemoryLog log(log_topology({{"texts", 1}}));
  OutcomeLog outcomes(log, p);
  FailingViews store;
  ProjectorLife life(log, store);
  outcomes.accept("s", {{put_item, "a 1"}});
  life.settle();
  store.fails = true;
  outcomes.append({{"s", {{put_item, "a 2"}}}, {"s", {{put_item, "a 3"}, {put_item, "b 3"}}}});
  life.projector.step();
  EXPECT_EQ(life.get(p, text_view::item, "s", "a"), "2");
  EXPECT_NE(life.views.stopped(p).find("outcome 3"), std::string::npos) << life.views.stopped(p);
  EXPECT_NE(life.views.stopped(p).find("the disk is gone"), std::string::npos);
}

TEST(ViewCheckpoint, AStoreThatCannotBeWrittenIsAFaultOfTheCheckpointer) {
  MemoryLog log(log_topology({{"texts", 1}}));
  OutcomeLog outcomes(log, p);
  FailingViews store;
  ProjectorLife life(log, store);
  outcomes.accept("s", {{put_item, "a 1"}});
  life.settle();
  life.projector.freeze_all();
  store.fails = true;
  const auto step = life.checkpointer.step();
  ASSERT_FALSE(step.has_value());
  EXPECT_EQ(step.error().code, "views_unavailable");
  EXPECT_EQ(life.get(p, text_view::item, "s", "a"), "1") << "what is in memory is served";
}

}  // namespace
}  // namespace spate
