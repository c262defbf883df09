// Where nodes reach each other: settings like others; what cannot be reached is refused.
#include <gtest/gtest.h>

#include "engine/app/config.hpp"

namespace spate {
namespace {

using Flags = std::vector<std::pair<std::string, std::string>>;

std::string fault_of(const Flags& flags) {
  const auto loaded = load_config({{}, {}, flags});
  return loaded ? "" : loaded.error().detail;
}

TEST(ConfigCluster, ComesFromFlagsAndTheEnvironment) {
  const auto loaded = load_config({{},
                                   {{"SPATE_CLUSTER_ADVERTISE", "node-1:7070"}},
                                   {{"cluster.listen", ":7070"}}});
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->config.cluster.listen, ":7070");
  EXPECT_EQ(loaded->config.cluster.advertise, "node-1:7070");
  EXPECT_TRUE(loaded->warnings.empty());
}

TEST(ConfigCluster, RefusesWhatIsNoAddressByTheNameOfTheSetting) {
  EXPECT_NE(fault_of({{"cluster.listen", "nonsense"}})
                .find("cluster.listen = 'nonsense' must be HOST:PORT"),
            std::string::npos);
  EXPECT_NE(fault_of({{"cluster.advertise", "node-1"}})
                .find("cluster.advertise = 'node-1' must be HOST:PORT"),
            std::string::npos);
}

TEST(ConfigCluster, RefusesToAdvertiseEveryAddress) {
  EXPECT_NE(fault_of({{"cluster.listen", "0.0.0.0:7070"}}).find("cluster.advertise is HOST:PORT"),
            std::string::npos);
  EXPECT_NE(fault_of({{"cluster.listen", "0.0.0.0:7070"}, {"cluster.advertise", ":7070"}})
                .find("names the host at which other nodes reach this one"),
            std::string::npos);
  EXPECT_EQ(fault_of({{"cluster.listen", "0.0.0.0:7070"}, {"cluster.advertise", "10.0.0.7:7070"}}),
            "");
}

TEST(ConfigCluster, CheckpointsGoWithKafka) {
  const Flags shipped{{"checkpoints.directory", "/shared"}, {"checkpoints.interval", "5m"}};
  EXPECT_NE(fault_of(shipped).find("checkpoints.directory goes with kafka.brokers"),
            std::string::npos);
  Flags on_kafka = shipped;
  on_kafka.emplace_back("kafka.brokers", "broker:9092");
  const auto loaded = load_config({{}, {}, on_kafka});
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->config.checkpoints.interval_ms, 300'000);
  on_kafka.emplace_back("checkpoints.keep", "0");
  EXPECT_NE(fault_of(on_kafka).find("checkpoints.keep ≥ 1"), std::string::npos);
}

TEST(ConfigCluster, StandbyIsANumber) {
  const auto loaded = load_config({{}, {}, {{"cluster.standby", "2"}}});
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->config.cluster.standby, 2u);
  EXPECT_NE(fault_of({{"cluster.standby", "some"}}).find("must be a whole number"),
            std::string::npos);
}

}  // namespace
}  // namespace spate
