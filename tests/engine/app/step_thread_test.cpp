// StepThread, and a rebuild that writes on it: run it under TSan.
#include "engine/app/step_thread.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/app/rebuild_thread.hpp"
#include "engine/projector/rocks_views.hpp"
#include "tests/engine/replay/rebuild_kit.hpp"
#include "tests/support/fold_beside.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

using namespace text_event;

struct RungBell final : Bell {
  void ring() override { rung.fetch_add(1); }
  std::atomic<int> rung{0};
};

int niceness() { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); }

TEST(StepThread, TellsHowAStepEndedOnce) {
  StepThread thread;
  RungBell bell;
  thread.on_end(bell);
  EXPECT_FALSE(thread.ended());
  for (int n = 1; n <= 100; ++n) {
    thread.begin([n]() -> Result<Step> {
      if (n % 2 == 0) return stop("views_unavailable", std::to_string(n));
      return Step::worked;
    });
    thread.wait();
    const auto ended = thread.ended();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->has_value(), n % 2 == 1);
    EXPECT_TRUE(*ended || ended->error().detail == std::to_string(n));
    EXPECT_FALSE(thread.ended());
    if (n % 10 == 0) thread.rest();
  }
  thread.rest();
  EXPECT_EQ(bell.rung, 100);
}

TEST(StepThread, RunsBehindAndGoesOnAfterARest) {
  StepThread thread;
  for (int round = 0; round < 3; ++round) {
    int nice = -1;
    thread.begin([&]() -> Result<Step> {
      nice = niceness();
      return Step::idle;
    });
    thread.wait();
    EXPECT_EQ(nice, std::max(10, niceness()));
    EXPECT_EQ(**thread.ended(), Step::idle);
    thread.rest();
    thread.rest();
  }
}

TEST(StepThread, RestsAfterTheStepThatIsUnderWay) {
  std::atomic<bool> begins{false}, done{false};
  {
    StepThread thread;
    thread.begin([&]() -> Result<Step> {
      while (!begins) usleep(100);
      done = true;
      return Step::worked;
    });
    EXPECT_FALSE(thread.ended());
    begins = true;
    thread.rest();
    EXPECT_TRUE(done);
    EXPECT_TRUE(thread.ended()) << "told after the thread is gone, too";
    begins = done = false;
    thread.begin([&]() -> Result<Step> { return done = true, Step::worked; });
  }
  EXPECT_TRUE(done);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int many = 20'000;
#else
constexpr int many = 100'000;
#endif

void write_outcomes(OutcomeLog& outcomes, int count) {
  for (int n = 0; n < count; ++n)
    outcomes.accept("s", {{put_item, "k" + std::to_string(n * 7 % 5'000) + " " + std::to_string(n)},
                          {put_dated, std::to_string(n)}});
}

/// Two folds of the same log into RocksDB: by one thread, and beside a second one that writes.
TEST(WritesBeside, StoresWhatOneThreadStores) {
  MemoryLog log(log_topology({{"texts", 2}}));
  OutcomeLog outcomes(log, p), others(log, {1, 1});
  write_outcomes(outcomes, many / 2);
  write_outcomes(others, many / 2);
  const TemporaryFolder folder;
  std::vector<std::string> found;
  for (const bool is_beside : {false, true}) {
    const auto store = std::move(*RocksViews::open(
        folder.path() + (is_beside ? "/beside" : "/alone"), {.write_buffer_bytes = 256 << 10}));
    store->run_behind(100);
    ProjectedViews views(log.topology(), {text_domain()}, *store);
    Projector projector(log, views, log.topology().partitions(),
                        {.dirty_bytes_max = 512 << 10,
                         .filled_eighths = 6,
                         .unfrozen_outcomes_max = 2'000,
                         .oldest_first = true});
    ASSERT_TRUE(projector.open());
    const auto writer = std::make_shared<ViewCheckpointer>(views);
    const auto folded = fold_beside(projector, writer, is_beside);
    ASSERT_TRUE(folded) << folded.error().detail;
    while (!projector.freeze_all()) ASSERT_TRUE(writer->step());
    ASSERT_TRUE(store->flush());
    std::string all;
    for (const PartitionId id : log.topology().partitions()) {
      const auto at = *store->checkpoint(id);
      ASSERT_TRUE(at);
      all += std::to_string(at->sequence.value) + " " + std::to_string(at->chain) + " ";
    }
    for (const auto cursor = store->scan(domain_range(1)); cursor->valid(); cursor->next())
      all += std::string(cursor->key()) + "=" + std::string(as_text(cursor->value())) + "\n";
    found.push_back(std::move(all));
  }
  EXPECT_TRUE(found[0] == found[1]);
}

/// What an operator may do at any moment, while the rebuild's two threads are at work.
TEST(RebuildThread, PausesGoesOnAndIsCancelledWhileItsWritesAreUnderWay) {
  MemoryLog log(log_topology({{"texts", 2}}));
  OutcomeLog outcomes(log, p), others(log, {1, 1});
  write_outcomes(outcomes, many / 4);
  write_outcomes(others, many / 4);
  MemoryGenerations home;
  SystemClock clock;
  StepThread writes;
  RebuildLimits limits;
  limits.near_outcomes_max = 10;
  limits.projector.unfrozen_outcomes_max = 300;
  limits.projector.read_bytes_max = 4 << 10;
  ServingLife life(log, home, clock, text_domain(), limits, {}, false, &writes);
  life.settle();
  RebuildThread thread(*life.rebuild, writes);
  thread.start();
  const auto serve = [&] {
    (void)life.projector->step();
    (void)life.writers.step();
  };
  const auto order = [&](RebuildOrder what) {
    const bool taken = life.rebuild->ask(what).has_value();
    thread.bell().ring();
    return taken;
  };
  const auto await = [&](auto is_there) {
    while (!is_there(life.rebuild->status())) serve(), usleep(200);
  };
  for (int round = 0; round < 6; ++round) {
    RebuildWish wish{.projections = {"texts"}};
    wish.budget_percent = 100;
    ASSERT_TRUE(life.rebuild->ask(std::move(wish)));
    thread.bell().ring();
    usleep(static_cast<useconds_t>(2'000 * round));
    if (order(RebuildOrder::pause)) {
      usleep(1'000);
      order(RebuildOrder::resume);
    }
    usleep(5'000);
    if (round % 2 == 0) order(RebuildOrder::cancel);  // it may have come further meanwhile
    await([&](const RebuildStatus& now) {
      if (now.stage == RebuildStage::switched) order(RebuildOrder::commit);
      return now.stage == RebuildStage::none;
    });
    EXPECT_EQ(life.rebuild->status().reason, "");
  }
  RebuildWish wish{.projections = {"texts"}};
  wish.budget_percent = 100;
  ASSERT_TRUE(life.rebuild->ask(std::move(wish)));
  thread.bell().ring();
  usleep(3'000);
  thread.stop();  // in the middle, perhaps of a write
  ASSERT_TRUE(life.rebuild->close());
}

}  // namespace
}  // namespace spate
