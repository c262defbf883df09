// Digests of views recorded at checkpoints: a later fold of the same outcomes must come by them.
#include <gtest/gtest.h>

#include "engine/projector/rocks_views.hpp"
#include "tests/engine/projector/projector_kit.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

using namespace text_event;
constexpr PartitionId p{1, 0};
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

TEST(ViewDigestRecord, LiesWithItsPositionAndGoesWithIt) {
  const TemporaryFolder folder;
  Checkpoint at;
  at.sequence = {5};
  at.digest = Hash128{1, 2};
  {
    const auto store = std::move(*RocksViews::open(folder.path(), {}));
    ASSERT_TRUE(store->write(p, {}, at));
    ASSERT_TRUE(store->flush());
  }
  const auto store = std::move(*RocksViews::open(folder.path(), {}));
  EXPECT_EQ(**store->checkpoint(p), at);
  EXPECT_EQ(**store->snapshot()->checkpoint(p), at);
  at.sequence = {6};
  at.digest.reset();  // as by a fold that does not know it
  ASSERT_TRUE(store->write(p, {}, at));
  EXPECT_EQ(**store->checkpoint(p), at);
  ASSERT_TRUE(store->clear(p));
  EXPECT_FALSE(*store->checkpoint(p));
}

}  // namespace
}  // namespace spate
