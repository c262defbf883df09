// ThreadBell: no ring is lost, however it meets the owner's wait; a wait ends by itself.
#include "engine/base/bell.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace spate {
namespace {

constexpr int64_t never_ns = int64_t{3600} * 1'000'000'000;  // a lost ring ends in the time limit

TEST(ThreadBell, ARingBeforeTheWaitEndsItAtOnce) {
  ThreadBell bell;
  bell.ring();
  bell.ring();
  bell.wait(never_ns);
}

TEST(ThreadBell, WaitsNoLongerThanAsked) {
  ThreadBell bell;
  bell.wait(1'000'000);
  bell.wait(0);
  bell.wait(-1);
}

TEST(ThreadBell, OfManyRingersNobodyIsMissed) {
  constexpr int ringers = 3, rings = 20'000;
  ThreadBell bell;
  std::atomic<int> rung{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < ringers; ++i)
    threads.emplace_back([&] {
      for (int r = 0; r < rings; ++r) {
        rung.fetch_add(1, std::memory_order_relaxed);
        bell.ring();
      }
    });
  while (rung.load(std::memory_order_relaxed) < ringers * rings) bell.wait(never_ns);
  for (std::thread& thread : threads) thread.join();
}

TEST(ThreadBell, TwoThreadsThatOnlyWakeEachOtherNeverBothSleep) {
  constexpr int turns = 20'000;
  ThreadBell here, there;
  std::atomic<int> ball{0};
  std::thread other([&] {
    for (int i = 1; i < 2 * turns; i += 2) {
      while (ball.load(std::memory_order_relaxed) != i) there.wait(never_ns);
      ball.store(i + 1, std::memory_order_relaxed);
      here.ring();
    }
  });
  for (int i = 0; i < 2 * turns; i += 2) {
    while (ball.load(std::memory_order_relaxed) != i) here.wait(never_ns);
    ball.store(i + 1, std::memory_order_relaxed);
    there.ring();
  }
  other.join();
}

struct CountingBell final : Bell {
  void ring() override { ++rings; }
  int rings = 0;
};

TEST(GatheringBell, PassesOnOneRingForAllOfATurnAndNoneForASilentOne) {
  CountingBell to;
  GatheringBell bell;
  bell.to(&to);
  bell.pass_on();
  EXPECT_EQ(to.rings, 0);
  bell.ring();
  bell.ring();
  EXPECT_EQ(to.rings, 0) << "not before the turn has ended";
  bell.pass_on();
  bell.pass_on();
  EXPECT_EQ(to.rings, 1);
}

}  // namespace
}  // namespace spate
