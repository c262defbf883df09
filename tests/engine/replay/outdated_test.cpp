// Views of another version of their projection: they serve as they are, and are rebuilt.
#include "tests/engine/replay/rebuild_kit.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

using namespace text_event;
constexpr uint64_t old_schema = 7, read_schema = 8, foreign_schema = 9;

/// Version 2: items are shown in brackets.
const ProjectionTable& bracketing_projection() {
  static const auto apply = [] {
    std::vector<ProjectionTable::Apply> all(text_projection().apply.begin(),
                                            text_projection().apply.end());
    all[put_item] = [](ViewAccess& v, std::string_view, Instant, Bytes payload) {
      const auto [key, value] = key_and_value(payload);
      v.put({text_view::item, key}, as_bytes("[" + std::string(value) + "]"));
    };
    return all;
  }();
  static const ProjectionTable table{apply, {}, 2};
  return table;
}

ProjectedDomain version_2(uint64_t schema = old_schema) {
  ProjectedDomain domain = text_domain(schema);
  domain.projection = &bracketing_projection();
  if (schema == read_schema) domain.readable_digests = {old_schema};
  return domain;
}

struct OutdatedViews : testing::Test {
  MemoryLog log{log_topology({{"texts", 2}})};
  OutcomeLog outcomes{log, p};
  MemoryGenerations home;
  VirtualClock clock;
  std::optional<ServingLife> life;
  int written = 0;

  void start(ProjectedDomain domain, bool outdated_too = false) {
    life.reset();
    life.emplace(log, home, clock, std::move(domain), RebuildLimits{}, nullptr, outdated_too);
  }
  void write(int count) {
    for (const int end = written + count; written < end; ++written)
      outcomes.accept("s", {{put_item, "k" + std::to_string(written) + " " +
                                           std::to_string(written)}});
  }
  /// Views of version 1 at outcome 5, as a clean stop leaves them.
  void make_version_1() {
    start(text_domain());
    write(5);
    stop();
  }
  void stop() {
    life->settle();
    while (!life->projector->freeze_all()) ASSERT_TRUE(life->writers.step());
    while (*life->writers.step() == Step::worked) {
    }
    life.reset();
  }
  std::string item(int number) {
    return life->get(p, text_view::item, "s", "k" + std::to_string(number));
  }
  RebuildStatus status() { return life->rebuild->status(); }
  std::vector<std::string> versions() {
    std::vector<std::string> all;
    for (const RebuildStatus::Views& one : status().generations)
      all.push_back(std::to_string(one.generation) + " " + std::string(one.role) + " " +
                    one.version + (one.binary_has.empty() ? "" : " behind " + one.binary_has));
    return all;
  }
  using Texts = std::vector<std::string>;
};

TEST_F(OutdatedViews, ServeAsTheyAreAndNothingIsFoldedIntoThem) {
  make_version_1();
  start(version_2());
  write(3);
  life->settle();
  EXPECT_EQ(item(4), "4");
  EXPECT_EQ(item(5), "none") << "two versions in one generation";
  EXPECT_EQ(life->served.position(p), Sequence{5});
  EXPECT_NE(life->served.stopped(p).find("are of version 1-00000000 of their projection"),
            std::string::npos)
      << life->served.stopped(p);
  EXPECT_NE(life->served.stopped({1, 1}), "") << "half of the projection would be of version 2";
  EXPECT_EQ(versions(), Texts{"1 serves 1-00000000 behind 2-00000000"});
  EXPECT_EQ(status().stage, RebuildStage::none) << "nobody asked for a rebuild";
}

TEST_F(OutdatedViews, AreWhatTheirOwnBinaryGoesOnWith) {
  make_version_1();
  start(version_2());
  write(1);
  stop();
  start(text_domain());
  life->settle();
  EXPECT_EQ(item(5), "5");
  EXPECT_EQ(life->served.stopped(p), "");
}

TEST_F(OutdatedViews, AreComparedAndLeftByARebuild) {
  make_version_1();
  start(version_2());
  write(3);
  EXPECT_EQ(life->begin(), RebuildStage::ready) << status().reason;
  EXPECT_EQ(status().report->views.at(1).changed, 5u) << "compared where the old ones stand";
  EXPECT_EQ(item(4), "4");
  EXPECT_EQ(life->order(RebuildOrder::switch_over), RebuildStage::switched);
  EXPECT_EQ(item(4), "[4]");
  EXPECT_EQ(item(7), "[7]") << "what came meanwhile is folded once readers have moved";
  EXPECT_EQ(versions(), (Texts{"2 serves 2-00000000", "1 kept 1-00000000 behind 2-00000000"}));
  EXPECT_EQ(life->order(RebuildOrder::rollback), RebuildStage::switched) << "that steps back";
  EXPECT_NE(status().reason.find("readers stay where they are"), std::string::npos);
  EXPECT_EQ(life->order(RebuildOrder::commit), RebuildStage::none);
  EXPECT_EQ(versions(), Texts{"2 serves 2-00000000"});
}

TEST_F(OutdatedViews, AreRebuiltByThemselvesWhereThatIsConfigured) {
  make_version_1();
  write(3);
  start(version_2(), true);
  EXPECT_EQ(life->run_to(RebuildStage::switched), RebuildStage::switched);
  life->settle();
  EXPECT_EQ(item(2), "[2]");
  EXPECT_EQ(item(7), "[7]");
  EXPECT_FALSE(status().report->is_same()) << "readers moved although views differ";
  stop();
  start(version_2(), true);
  life->settle();
  EXPECT_EQ(status().stage, RebuildStage::switched) << "once is enough";
  EXPECT_EQ(life->generations.plan().generation_of("texts"), 2u);
}

TEST_F(OutdatedViews, OfTwoVersionsAgoAreForgottenByTheNextRebuildByItself) {
  make_version_1();
  start(version_2(), true);
  EXPECT_EQ(life->run_to(RebuildStage::switched), RebuildStage::switched);
  stop();
  start(text_domain(), true);  // and back again: to version 1
  const auto has_moved = [&] { return life->generations.plan().generation_of("texts") == 3; };
  for (int turns = 0; turns < ServingLife::turns_max && !has_moved(); ++turns) life->turn();
  life->settle();
  EXPECT_EQ(versions(), (Texts{"3 serves 1-00000000", "2 kept 2-00000000 behind 1-00000000"}));
  EXPECT_EQ(item(4), "4");
  EXPECT_FALSE(*home.of(1).checkpoint(p)) << "the first generation left views";
}

TEST_F(OutdatedViews, OfASchemaThatIsReadRightServe) {
  make_version_1();
  start(version_2(read_schema));
  life->settle();
  EXPECT_EQ(item(4), "4");
  EXPECT_EQ(life->begin({.expect = RebuildWish::Expect::anything}), RebuildStage::switched);
  EXPECT_EQ(item(4), "[4]");
}

TEST_F(OutdatedViews, OfASchemaThatWouldBeMisreadAreFoldedAgainAtOnce) {
  make_version_1();
  start(version_2(foreign_schema));
  EXPECT_EQ(item(4), "none") << "bytes of another schema were shown";
  life->settle();
  EXPECT_EQ(item(4), "[4]");
  EXPECT_EQ(life->served.stopped(p), "");
}

TEST_F(OutdatedViews, WayBackIsTheBinaryBeforeAndARollback) {
  make_version_1();
  start(version_2());
  write(2);
  EXPECT_EQ(life->begin({.expect = RebuildWish::Expect::anything}), RebuildStage::switched);
  stop();
  start(text_domain());
  write(1);
  life->settle();
  EXPECT_EQ(item(4), "[4]") << "version 2 serves as it is";
  EXPECT_EQ(life->order(RebuildOrder::rollback), RebuildStage::none);
  EXPECT_EQ(item(4), "4");
  EXPECT_EQ(item(7), "7") << "version 1 was followed";
}

TEST_F(OutdatedViews, RebuildUnderWayIsBegunAgainByAnotherVersion) {
  make_version_1();
  start(version_2());
  ASSERT_TRUE(life->rebuild->ask({.projections = {"texts"}, .hold = true}));
  EXPECT_EQ(life->run_to(RebuildStage::ready), RebuildStage::ready);
  stop();
  start(text_domain());
  EXPECT_EQ(life->run_to(RebuildStage::ready), RebuildStage::ready);
  EXPECT_TRUE(status().report->is_same()) << "folded by version 2 in part";
}

TEST_F(OutdatedViews, SurviveACrashAtEveryStepOfARebuildByItself) {
  write(5);
  for (int turns = 0; turns < 200; ++turns) {
    home = {};
    start(text_domain());
    stop();
    start(version_2(), true);
    int turn = 0;
    while (turn < turns && status().stage != RebuildStage::switched) life->turn(), ++turn;
    const bool is_over = status().stage == RebuildStage::switched;
    life.reset();
    home.crash([](std::size_t) { return 0; });
    start(version_2(), true);
    const std::string seen = item(2);
    EXPECT_TRUE(seen == "2" || seen == "[2]" || is_over) << "turn " << turn << ": " << seen;
    EXPECT_EQ(life->run_to(RebuildStage::switched), RebuildStage::switched) << "turn " << turn;
    life->settle();
    EXPECT_EQ(item(2), "[2]") << "turn " << turn;
    EXPECT_EQ(*home.present(), (std::vector<uint32_t>{1, 2})) << "turn " << turn;
    life.reset();
    if (HasFailure() || is_over) return;
  }
  FAIL() << "no rebuild ended";
}

}  // namespace
}  // namespace spate
