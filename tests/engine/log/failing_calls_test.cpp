// The N-th call of each kind fails, for N = 1, 2, 3 … until a run passes: failing I/O never lies
// (R6).
#include <gtest/gtest.h>

#include "tests/support/log_world.hpp"

namespace spate {
namespace {

using Call = SimulatedDisk::Call;

struct FailingCall {
  const char* name;
  Call call;
};

class FailingCalls : public testing::TestWithParam<FailingCall> {};

/// A start, some work over several segments, a clean stop; any fault ends the process.
void live(LogWorld& world) {
  if (!world.start()) return;
  for (int round = 0; round < 12 && !world.ended(); ++round) {
    for (const PartitionId id : world.partitions()) world.append(id, 3, 600);
    world.settle();
  }
  world.pass_ms(60);
  if (!world.ended()) world.settle();
  if (!world.ended()) (void)world.close();
}

TEST_P(FailingCalls, EndTheProcessAndLoseNothingThatWasTold) {
  uint64_t n = 1;
  for (;; ++n) {
    LogWorld world(n, 2);
    world.disk().fail(GetParam().call, n);
    live(world);
    const bool passed = world.disk().failures_left();
    world.disk().fail_no_more();
    if (n % 2 == 0) world.disk().cut_power();
    world.kill();
    const auto again = world.start();
    ASSERT_TRUE(again) << "N = " << n << ": " << again.error().detail;
    ASSERT_EQ(world.wrong(), "") << "N = " << n;
    if (passed) break;
  }
  std::printf("%s: N = 1 … %lu\n", GetParam().name, n);
  EXPECT_GT(n, 2u);
}

INSTANTIATE_TEST_SUITE_P(SegmentLog, FailingCalls,
                         testing::Values(FailingCall{"write", Call::write},
                                         FailingCall{"sync", Call::sync},
                                         FailingCall{"open", Call::open},
                                         FailingCall{"truncate", Call::truncate},
                                         FailingCall{"sync_directory", Call::sync_directory}),
                         [](const auto& call) { return std::string(call.param.name); });

}  // namespace
}  // namespace spate
