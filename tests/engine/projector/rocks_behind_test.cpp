// Work behind everything else: all of it is done, wherever it began and whatever is told meanwhile.
#include "engine/projector/rocks_behind.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/projector/rocks_views.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

/// A job that says on what thread it ran.
struct Ran {
  std::mutex mutex;
  std::condition_variable wake;
  int nice = -1, done = 0, undone = 0;

  static void run(void* argument) {
    Ran& ran = *static_cast<Ran*>(argument);
    const std::lock_guard lock(ran.mutex);
    ran.nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
    ++ran.done;
    ran.wake.notify_all();
  }
  static void drop(void* argument) { ++static_cast<Ran*>(argument)->undone; }
  int nice_of(int jobs) {
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return done == jobs; });
    return nice;
  }
};

constexpr auto low = rocksdb::Env::LOW;

TEST(RocksBehind, RunsItsJobsOnANiceThreadOnlyWhileItIsBehind) {
  Ran ran;
  RocksBehind behind(rocksdb::Env::Default());
  behind.IncBackgroundThreadsIfNeeded(1, low);  // as a store does
  const int usual = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
  behind.Schedule(&Ran::run, &ran, low, nullptr, nullptr);
  EXPECT_EQ(ran.nice_of(1), usual);
  behind.run_behind(30);
  behind.Schedule(&Ran::run, &ran, low, nullptr, nullptr);
  EXPECT_EQ(ran.nice_of(2), std::max(10, usual));
  behind.run_behind(0);
  behind.Schedule(&Ran::run, &ran, low, nullptr, nullptr);
  EXPECT_EQ(ran.nice_of(3), usual);
}

TEST(RocksBehind, DropsWhatIsNotWantedAnyMoreAndNothingElse) {
  Ran first, ran;
  RocksBehind behind(rocksdb::Env::Default());
  behind.run_behind(30);
  first.mutex.lock();  // the only thread waits in this job, so that the others are still queued
  behind.Schedule(&Ran::run, &first, low, nullptr, nullptr);
  int mine = 0, others = 0;
  for (int i = 0; i < 3; ++i) behind.Schedule(&Ran::run, &ran, low, &mine, &Ran::drop);
  behind.Schedule(&Ran::run, &ran, low, &others, &Ran::drop);
  behind.Schedule(&Ran::run, &ran, rocksdb::Env::HIGH, &mine, &Ran::drop);
  EXPECT_EQ(behind.UnSchedule(&mine, low), 3);
  EXPECT_EQ(ran.undone, 3);
  first.mutex.unlock();
  EXPECT_GE(ran.nice_of(2), 0);
  EXPECT_EQ(ran.undone, 3);
}

TEST(RocksBehind, EndsWithJobsThatItStillHas) {
  Ran ran;
  {
    RocksBehind behind(rocksdb::Env::Default());
    behind.run_behind(30);
    for (int i = 0; i < 50; ++i) behind.Schedule(&Ran::run, &ran, low, nullptr, nullptr);
  }
  EXPECT_EQ(ran.done, 50);
}

TEST(RocksBehind, FlushesAndCompactsAStoreWhileItIsToldThisAndThat) {
  const TemporaryFolder folder;
  RocksViewsLimits limits;
  limits.write_buffer_bytes = 64 << 10;
  const auto serving = std::move(*RocksViews::open(folder.path(), limits));
  auto store = std::move(*RocksViews::open(folder.path(), limits, {2, serving.get()}));
  const PartitionId p{1, 0};
  const std::string value(200, 'x');
  for (uint64_t round = 0; round < 60; ++round) {
    store->run_behind(round % 3 == 0 ? 0 : round % 3 == 1 ? 100 : 90);
    std::vector<std::string> keys(100);
    std::vector<ViewWrite> writes;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::string name = std::to_string(1000 + i) + "-" + std::to_string(round % 7);
      view_key(p, ViewScope::item, {2, name}, "s", keys[i]);
      writes.push_back({keys[i], as_bytes(value)});
    }
    Checkpoint at;
    at.sequence = {round + 1};
    ASSERT_TRUE(store->write(p, writes, at));
  }
  ASSERT_TRUE(store->flush());
  std::size_t count = 0;
  for (const auto cursor = store->scan(item_range(1, 2, "s")); cursor->valid(); cursor->next())
    ++count;
  EXPECT_EQ(count, 700u);
  store.reset();  // with work under way
  store = std::move(*RocksViews::open(folder.path(), limits, {2, serving.get()}));
  EXPECT_EQ((*store->checkpoint(p))->sequence, Sequence{60});
}

}  // namespace
}  // namespace spate
