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

}  // namespace
}  // namespace spate
