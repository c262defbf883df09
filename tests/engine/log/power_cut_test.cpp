// Power cuts, kills and failing syncs at random instants under the shipped log (R1, B1-B3).
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/log_world.hpp"

namespace spate {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t cuts_by_default = 300;  // sanitizers are slow and need not see every cut
#else
constexpr uint64_t cuts_by_default = 2400;
#endif

/// SPATE_CUTS=100000 for a long run.
uint64_t cuts_wanted() {
  const char* text = std::getenv("SPATE_CUTS");
  return text == nullptr ? cuts_by_default : std::strtoull(text, nullptr, 10);
}

struct Toll {
  uint64_t cuts = 0;
  uint64_t kills = 0;
  uint64_t failed_calls = 0;
  uint64_t clean = 0;
  uint64_t full = 0;
  uint64_t rescued = 0;
  uint64_t torn = 0;
  uint64_t told = 0;
};

/// One disk through some lives, each ending in its own way. Empty text, or what went wrong.
std::string live_and_die(uint64_t seed, Toll& toll) {
  std::mt19937_64 random(seed);
  LogWorld world(seed, static_cast<int>(seed % 4));
  for (int life = 0; life < 6; ++life) {
    const uint64_t end = random() % 10;
    if (end < 3) world.cut_power_in_next_start(1 + random() % 40);
    const Result<void> started = world.start();
    if (end < 7) world.disk().cut_power_after(1 + random() % 60);
    if (!started && !world.disk().is_dead()) return "start: " + started.error().detail;
    if (!world.wrong().empty()) return world.wrong();
    if (started) {
      toll.rescued += world.log()->recovery().records_rescued;
      toll.torn += world.log()->recovery().bytes_cut > 0;
      if (seed % 5 == 0)
        world.disk().set_capacity(world.disk().used_bytes() + random() % (192 << 10));
      if (end == 7) world.disk().fail(SimulatedDisk::Call::sync, 1 + random() % 12);
      for (int i = 0; i < 400 && !world.ended(); ++i) world.act();
      if (!world.wrong().empty()) return world.wrong();
    }
    if (world.disk().is_dead()) {
      ++toll.cuts;
    } else if (end == 9 && !world.ended()) {
      const Result<void> closed = world.close();
      if (!closed && closed.error().code != "storage_full") return closed.error().detail;
      ++(closed ? toll.clean : toll.full);
    } else {
      ++(world.ended() ? toll.failed_calls : toll.kills);
      if (random() % 2 == 0) {
        world.disk().cut_power();
        ++toll.cuts;
      }
    }
    world.kill();
    world.disk().fail_no_more();
  }
  world.disk().cut_power_after(~uint64_t{0} >> 1);
  if (const auto last = world.start(); !last) return "last start: " + last.error().detail;
  toll.told += world.told_records();
  return world.wrong();
}

TEST(SegmentLog, KeepsAcknowledgedRecordsThroughPowerCutsKillsAndFailedSyncs) {
  Toll toll;
  for (uint64_t seed = 1; toll.cuts < cuts_wanted(); ++seed) {
    const std::string wrong = live_and_die(seed, toll);
    ASSERT_EQ(wrong, "") << "seed " << seed;
  }
  std::printf(
      "power cuts %lu, kills %lu, failed syncs %lu, clean stops %lu, "
      "full disks at a stop %lu; records rescued %lu, torn tails cut %lu, records kept %lu, lost "
      "0\n",
      toll.cuts, toll.kills, toll.failed_calls, toll.clean, toll.full, toll.rescued, toll.torn,
      toll.told);
  EXPECT_GT(toll.rescued, 0u);
  EXPECT_GT(toll.torn, 0u);
  EXPECT_GT(toll.failed_calls, 0u);
}

/// Told, but by no group's word: only what recovery does with it keeps it.
TEST(SegmentLog, KeepsAToldTailThroughPowerCutsAtEveryCallOfItsRecovery_B3) {
  uint64_t cuts = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    for (uint64_t call = 1;; ++call) {
      LogWorld world(seed, 0);
      ASSERT_TRUE(world.start());
      world.append(world.partitions()[0], 2);
      world.settle();
      for (const PartitionId id : world.partitions()) world.append(id, 8, 900);  // some groups
      world.settle();
      world.kill();
      const uint64_t told = world.told_records();
      world.cut_power_in_next_start(call);
      const bool started = world.start().has_value();
      cuts += !started;
      world.kill();
      ASSERT_TRUE(world.start()) << "seed " << seed << " call " << call;
      ASSERT_EQ(world.wrong(), "") << "seed " << seed << " call " << call;
      ASSERT_EQ(world.told_records(), told);
      if (started) break;
    }
  }
  EXPECT_GT(cuts, 60u * 8);
}

}  // namespace
}  // namespace spate
