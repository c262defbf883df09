// Digests of views recorded at checkpoints: a later fold of the same outcomes must come by them.
#include <gtest/gtest.h>

#include "engine/projector/rocks_views.hpp"
#include "tests/engine/projector/projector_kit.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

using namespace text_event;
bool moody = false;

/// Depends on more than the outcomes while `moody`: what no projection may do.
const ProjectionTable& moody_projection() {
  using Apply = ProjectionTable::Apply;
  static std::vector<Apply> apply(text_projection().apply.begin(), text_projection().apply.end());
  apply[put_item] = [](ViewAccess& v, std::string_view, Instant, Bytes p) {
    const auto [key, value] = key_and_value(p);
    v.put({text_view::item, key}, as_bytes(moody && key == "b" ? "!" : value));
  };
  static const ProjectionTable table{apply, {}, 1};
  return table;
}

struct ViewWitnessTest : testing::Test {
  ViewWitnessTest() {
    moody = false;
    start();
  }
  void start(uint32_t version = 1) {
    life.reset();
    table = moody_projection();
    table.version = version;
    ProjectedDomain domain = text_domain();
    domain.projection = &table;
    life.emplace(log, store, ProjectorLimits{}, std::move(domain), folder.path());
    life->settle();
  }
  void put(const std::string& key, const std::string& value) {
    outcomes.accept("s", {{put_item, key + " " + value}});
  }
  /// Written, not flushed.
  void checkpoint() {
    life->fold();
    life->projector.freeze_all();
    ASSERT_TRUE(life->checkpointer.step());
    life->fold();
  }
  std::string stopped() const { return life->views.stopped(p); }
  std::string item(std::string_view key) { return life->get(p, text_view::item, "s", key); }

  const TemporaryFolder folder;
  MemoryLog log{log_topology({{"texts", 1}})};
  OutcomeLog outcomes{log, p};
  MemoryViews store;
  ProjectionTable table;
  std::optional<ProjectorLife> life;
};

TEST_F(ViewWitnessTest, PassesAFoldThatComesToTheSame) {
  for (const char* key : {"a", "b", "c", "d", "e", "f"}) {
    put(key, "1");
    checkpoint();
  }
  store.crash(0);
  start();
  EXPECT_EQ(stopped(), "");
  EXPECT_EQ(life->views.position(p).value, 6u);
  EXPECT_EQ((*store.checkpoint(p)).has_value(), false) << "all of it was folded again";
}

TEST_F(ViewWitnessTest, StopsTheProjectionAtTheFirstDifference) {
  put("a", "1");
  checkpoint();
  put("b", "1");
  checkpoint();
  put("c", "1");
  moody = true;
  store.crash(0);
  start();
  EXPECT_NE(stopped().find("outcome 2 of partition 1/0"), std::string::npos) << stopped();
  EXPECT_NE(stopped().find("recorded another digest at outcome 2"), std::string::npos);
  EXPECT_EQ(life->views.position(p).value, 2u) << "it folds no further";
  EXPECT_EQ(item("c"), "none");
}

/// A log gives a fold many outcomes at once: it stops in the middle of them to be compared.
TEST_F(ViewWitnessTest, IsMetInTheMiddleOfABatchOfTheLog) {
  outcomes.append({{"s", {{put_item, "a 1"}}}, {"s", {{put_item, "b 1"}}}, {"s", {{put_item, "c 1"}}}});
  FoldOrders& orders = life->views.partition(p).orders();
  orders.fold_to({2});
  checkpoint();
  orders.fold_to();
  checkpoint();
  moody = true;
  store.crash(0);
  start();
  EXPECT_NE(stopped().find("recorded another digest at outcome 2"), std::string::npos) << stopped();
  EXPECT_EQ(item("c"), "none");
}

/// Each looks at all that the fold has changed so far.
TEST_F(ViewWitnessTest, AreTheFirstAndTheLastOnesOfAStart) {
  for (int n = 0; n < 9; ++n) {
    put("a", std::to_string(n));
    checkpoint();
  }
  const Checkpoint from = {.schema_digest = 7, .logic_version = 1};
  const auto numbers = [&](const Checkpoint& at) {
    std::vector<uint64_t> found;
    for (const Sequence sequence : life->views.partition(p).sum().witnesses(at).at)
      found.push_back(sequence.value);
    return found;
  };
  EXPECT_EQ(numbers(from), (std::vector<uint64_t>{1, 7, 8, 9}));
  Checkpoint later = from;
  later.sequence = {6};
  EXPECT_EQ(numbers(later), (std::vector<uint64_t>{7, 8, 9}));
}

/// Stored by a binary that kept none: what is folded on top of it has none, either.
TEST_F(ViewWitnessTest, IsNoneWhereTheDigestOfWhatIsStoredIsUnknown) {
  put("a", "1");
  checkpoint();
  put("a", "2");
  checkpoint();
  Checkpoint unknown = **store.checkpoint(p);
  unknown.digest.reset();
  ASSERT_TRUE(store.write(p, {}, unknown));
  start();
  PartitionViews& views = life->views.partition(p);
  EXPECT_FALSE(views.running_digest());
  EXPECT_TRUE(views.sum().witnesses({.schema_digest = 7, .logic_version = 1}).at.empty());
  put("b", "1");
  checkpoint();
  EXPECT_EQ((*store.checkpoint(p))->sequence.value, 3u);
  EXPECT_FALSE((*store.checkpoint(p))->digest) << "a sum without what was there before";
  EXPECT_FALSE(views.running_digest());
}

TEST_F(ViewWitnessTest, IsNoneForAnotherVersionOfTheProjection) {
  put("b", "1");
  checkpoint();
  moody = true;
  store.crash(0);
  start(2);
  EXPECT_EQ(stopped(), "");
  EXPECT_EQ(item("b"), "!");
}

/// What leaves the sum when a view changes is what is stored, not what was.
TEST_F(ViewWitnessTest, ShowsThatAStoredViewWasDamaged) {
  put("a", "1");
  checkpoint();
  ASSERT_TRUE(store.flush());
  put("a", "2");
  checkpoint();
  store.crash(0);
  std::string key;
  view_key(p, ViewScope::item, {text_view::item, "a"}, "s", key);
  const ViewWrite damage{key, as_bytes("7")};
  ASSERT_TRUE(store.write(p, {&damage, 1}, **store.checkpoint(p)));
  start();
  EXPECT_NE(stopped().find("recorded another digest at outcome 2"), std::string::npos);
}

class ViewDigestRecord : public testing::TestWithParam<std::size_t> {};  // run_bytes_min

TEST_P(ViewDigestRecord, LiesWithItsPositionAndGoesWithIt) {
  const TemporaryFolder folder;
  RocksViewsLimits limits;
  limits.run_bytes_min = GetParam();
  const std::string key = "\x01\x01 k";
  const ViewWrite view{key, as_bytes("v")};
  Checkpoint at;
  at.sequence = {5};
  at.digest = Hash128{1, 2};
  {
    const auto store = std::move(*RocksViews::open(folder.path(), limits));
    ASSERT_TRUE(store->write(p, {&view, 1}, at));
    ASSERT_TRUE(store->flush());
  }
  const auto store = std::move(*RocksViews::open(folder.path(), limits));
  EXPECT_EQ(**store->checkpoint(p), at);
  EXPECT_EQ(**store->snapshot()->checkpoint(p), at);
  at.sequence = {6};
  at.digest.reset();  // as by a fold that does not know it
  ASSERT_TRUE(store->write(p, {&view, 1}, at));
  EXPECT_EQ(**store->checkpoint(p), at);
  ASSERT_TRUE(store->clear(p));
  EXPECT_FALSE(*store->checkpoint(p));
}
INSTANTIATE_TEST_SUITE_P(InABatchAndInATable, ViewDigestRecord, testing::Values(1 << 20, 1));

}  // namespace
}  // namespace spate
