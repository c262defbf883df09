// Views are frozen at the first outcome of each period of the log's time: everywhere at the same.
#include <gtest/gtest.h>

#include "tests/engine/projector/projector_kit.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

using namespace text_event;

ProjectorLimits with_periods() {
  ProjectorLimits limits;
  limits.common_period_ns = 10 * OutcomeLog::second_ns;  // outcome n is of second n
  return limits;
}

struct ViewPeriod : testing::Test {
  void put(int count) {
    for (int i = 0; i < count; ++i)
      outcomes.accept("s", {{put_item, "k" + std::to_string(next % 7) + " " + std::to_string(next)}}),
          ++next;
  }
  std::vector<DigestPoint> points(ProjectorLife& life) {
    return life.views.partition(p).sum().journal()->points({}, 7, 1);
  }
  std::string sequences(ProjectorLife& life) {
    std::string text;
    for (const DigestPoint& point : points(life)) text += std::to_string(point.sequence.value) + " ";
    return text;
  }

  const TemporaryFolder folder;
  MemoryLog log{log_topology({{"texts", 1}})};
  OutcomeLog outcomes{log, p};
  MemoryViews store, other_store;
  int next = 1;
};

TEST_F(ViewPeriod, BeginsAtTheSameOutcomeHoweverManyAreFoldedAtOnce) {
  ProjectorLife one(log, store, with_periods(), text_domain(), folder.path() + "/1");
  ProjectorLife other(log, other_store, with_periods(), text_domain(), folder.path() + "/2");
  for (int i = 0; i < 35; ++i) {
    put(1);
    one.settle();
  }
  EXPECT_EQ(sequences(one), "10 20 30 ");
  other.settle();  // all of it at once; of what stood before the first nothing is known
  EXPECT_EQ(one.views.position(p), other.views.position(p));
  put(30);
  one.settle(), other.settle();
  EXPECT_EQ(sequences(one), "10 20 30 40 50 60 ");
  const std::vector<DigestPoint> ours = points(one), theirs = points(other);
  ASSERT_GE(theirs.size(), 3u);
  EXPECT_TRUE(std::equal(theirs.end() - 3, theirs.end(), ours.end() - 3));
}

TEST_F(ViewPeriod, OfThePastIsNotFrozenByWhoeverCatchesUp) {
  put(100);
  ProjectorLife late(log, store, with_periods(), text_domain(), folder.path() + "/1");
  late.settle();
  EXPECT_EQ(late.views.position(p).value, 100u);
  EXPECT_EQ(sequences(late), "");
  put(15);
  late.settle();
  EXPECT_EQ(sequences(late), "110 ");
}

TEST_F(ViewPeriod, PassesWhileViewsAreBeingWritten) {
  ProjectorLife life(log, store, with_periods(), text_domain(), folder.path() + "/1");
  put(15);
  life.fold();
  put(15);
  life.fold();
  EXPECT_EQ(life.views.position(p).value, 30u) << "nobody waits for it";
  life.settle();
  EXPECT_EQ(sequences(life).substr(0, 3), "10 ");
  EXPECT_EQ(sequences(life).find("20"), std::string::npos);
}

TEST_F(ViewPeriod, ComesToTheSameDigestsUnderAnySchedule) {
  uint64_t met = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SeededRandom random(seed);
    MemoryLog shared{log_topology({{"texts", 1}})};
    OutcomeLog written{shared, p};
    MemoryViews stores[2];
    ProjectorLimits limits = with_periods();
    limits.dirty_bytes_max = 2000 + random.below(20'000);
    const std::string folders = folder.path() + "/" + std::to_string(seed);
    ProjectorLife one(shared, stores[0], limits, text_domain(), folders + "a");
    ProjectorLife other(shared, stores[1], with_periods(), text_domain(), folders + "b");
    for (int i = 0; i < 300; ++i) {
      const std::string key = "k" + std::to_string(random.below(30));
      const bool erases = random.one_in(5);
      written.accept("s", {{erases ? erase_item : put_item, key + " " + std::to_string(i)}});
      for (ProjectorLife* life : {&one, &other}) {
        if (random.one_in(3)) life->projector.step();
        if (random.one_in(3)) (void)life->checkpointer.step();
      }
    }
    one.settle(), other.settle();
    const auto ours = points(one), theirs = points(other);
    for (const DigestPoint& our : ours)
      for (const DigestPoint& their : theirs)
        if (our.sequence == their.sequence) {
          EXPECT_EQ(our, their) << "seed " << seed;
          ++met;
        }
  }
  EXPECT_GT(met, 500u);
}

}  // namespace
}  // namespace spate
