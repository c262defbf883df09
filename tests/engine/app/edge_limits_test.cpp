// The limits of the HTTP door are cut from the one number for memory.
#include "engine/app/edge_limits.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

using edge::EdgeLimits;
constexpr std::size_t files = 1'000'000;

TEST(EdgeLimits, AreWithinTheShareOfMemoryWhateverIsConfigured) {
  for (uint64_t memory = memory_bytes_min; memory < uint64_t{1} << 40; memory *= 2)
    for (const uint32_t threads : {1u, 2u, 7u, 64u}) {
      Config config;
      config.memory_bytes = memory;
      config.threads.edge = threads;
      config.http.connections_max = 1'000'000;
      config.http.batch_bytes_max = config.http.body_bytes_max = std::size_t{1} << 40;
      const EdgeLimits limits = edge_limits_here(config, files).limits;
      EXPECT_LE(limits.connections_max * EdgeLimits::connection_bytes +
                    limits.held_bytes_max * threads,
                config.memory().edge_buffer_bytes);
      EXPECT_LE(limits.batch_bytes_max * EdgeLimits::held_bodies, limits.held_bytes_max);
      EXPECT_LE(limits.body_bytes_max * EdgeLimits::held_bodies, limits.held_bytes_max);
      EXPECT_GE(limits.connections_max, 500u);
      EXPECT_GE(limits.body_bytes_max, 16u << 10);
    }
}

TEST(EdgeLimits, AreWhatIsConfiguredWithTheMemoryOfAnOrdinaryServer) {
  for (const uint32_t threads : {1u, 2u}) {
    Config config;
    config.threads.edge = threads;
    const EdgeLimitsHere here = edge_limits_here(config, files);
    EXPECT_EQ(here.lowered, std::vector<std::string>{});
    EXPECT_EQ(here.limits.connections_max, config.http.connections_max);
    EXPECT_EQ(here.limits.batch_bytes_max, config.http.batch_bytes_max);
    EXPECT_EQ(here.limits.body_bytes_max, config.http.body_bytes_max);
  }
}

TEST(EdgeLimits, SayWhatIsLessAndWhy) {
  Config config;
  config.memory_bytes = memory_bytes_min;
  const EdgeLimitsHere small = edge_limits_here(config, files);
  ASSERT_EQ(small.lowered.size(), 2u);
  EXPECT_NE(small.lowered[0].find("http.connections_max is "), std::string::npos);
  EXPECT_NE(small.lowered[0].find("raise --memory"), std::string::npos);
  EXPECT_NE(small.lowered[1].find("http.batch_max is "), std::string::npos);
  EXPECT_NE(small.lowered[1].find(", not 8MiB: "), std::string::npos) << small.lowered[1];
  const EdgeLimitsHere few = edge_limits_here(Config{}, 300);
  ASSERT_EQ(few.lowered.size(), 1u);
  EXPECT_NE(few.lowered[0].find("of 300 files"), std::string::npos);
  EXPECT_EQ(few.limits.connections_max, 150u);
}

}  // namespace
}  // namespace spate
