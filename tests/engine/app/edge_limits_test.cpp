// The limits of the HTTP door are cut from the one number for memory.
#include "engine/app/edge_limits.hpp"

#include <gtest/gtest.h>

#include "engine/app/ring_sizes.hpp"
#include "engine/processor/handoff.hpp"

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
      EXPECT_GE(limits.body_bytes_max, 8u << 10);
    }
}

/// Who owns a partition makes no difference to what is too large.
TEST(EdgeLimits, AdmitNoCommandThatDoesNotPassEveryRing) {
  for (uint64_t memory = memory_bytes_min; memory < uint64_t{1} << 36; memory *= 2)
    for (const uint32_t threads : {1u, 2u, 7u, 64u})
      for (const char* brokers : {"", "b:9092"}) {
        Config config;
        config.memory_bytes = memory;
        config.threads.edge = config.threads.processor = threads;
        config.kafka.brokers = brokers;
        config.http.batch_bytes_max = config.http.body_bytes_max = std::size_t{1} << 40;
        const RingSizes rings = ring_sizes(config);
        if (rings.command_bytes_max < command_bytes_min) continue;  // refused, see below
        const EdgeLimits limits = edge_limits_here(config, files).limits;
        EXPECT_EQ(limits.command_bytes_max, rings.command_bytes_max);
        EXPECT_LT(limits.body_bytes_max, limits.command_bytes_max);
        EXPECT_EQ(rings.nodes_bytes > 0, config.kafka.brokers != "");
        const std::size_t request = limits.command_bytes_max + sizeof(RequestHead);
        EXPECT_LE(request, SpscRing(rings.mailbox_bytes).message_bytes_max());
        if (rings.nodes_bytes == 0) continue;
        EXPECT_LE(request, SpscRing(rings.nodes_bytes).message_bytes_max());
        const Handoff handoff(rings.nodes_bytes);
        EXPECT_LE(request + sizeof(HandoffHead), handoff.requests.message_bytes_max());
      }
}

TEST(EdgeLimits, AreNotCutToNothingByManyThreads) {
  Config config;
  config.data = "d";
  config.memory_bytes = uint64_t{512} << 20;
  config.threads.edge = config.threads.processor = 64;
  const auto refused = validate(config);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("raise --memory or "), std::string::npos)
      << refused.error().detail;
  config.threads.edge = config.threads.processor = 4;
  EXPECT_TRUE(validate(config)) << validate(config).error().detail;
}

TEST(EdgeLimits, SayThatLargeCommandsDoNotPassTheRingsOfASmallNode) {
  Config config;
  config.memory_bytes = uint64_t{256} << 20;
  EXPECT_EQ(edge_limits_here(config, files).limits.body_bytes_max, std::size_t{1} << 20);
  config.kafka.brokers = "b:9092";
  const EdgeLimitsHere small = edge_limits_here(config, files);
  EXPECT_LT(small.limits.body_bytes_max, std::size_t{256} << 10);
  ASSERT_FALSE(small.lowered.empty());
  EXPECT_NE(small.lowered.back().find("http.body_max is "), std::string::npos);
  EXPECT_NE(small.lowered.back().find(", not 1MiB: a command must fit its queues, those to other "
                                      "nodes, too; raise --memory"),
            std::string::npos)
      << small.lowered.back();
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
  ASSERT_EQ(small.lowered.size(), 3u);
  EXPECT_NE(small.lowered[0].find("http.connections_max is "), std::string::npos);
  EXPECT_NE(small.lowered[0].find("raise --memory"), std::string::npos);
  EXPECT_NE(small.lowered[1].find("http.batch_max is "), std::string::npos);
  EXPECT_NE(small.lowered[1].find(", not 8MiB: "), std::string::npos) << small.lowered[1];
  EXPECT_NE(small.lowered[2].find("http.body_max is 1019KiB"), std::string::npos) << small.lowered[2];
  const EdgeLimitsHere few = edge_limits_here(Config{}, 300);
  ASSERT_EQ(few.lowered.size(), 1u);
  EXPECT_NE(few.lowered[0].find("of 300 files"), std::string::npos);
  EXPECT_EQ(few.limits.connections_max, 150u);
}

}  // namespace
}  // namespace spate
