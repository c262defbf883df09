// ClusterHome: what the log tells of owners reaches routes, readiness and the node's links.
#include "engine/app/cluster_home.hpp"

#include <gtest/gtest.h>

#include "engine/log/memory_log.hpp"

namespace spate {
namespace {

constexpr PartitionId first{1, 0}, second{1, 1};
using Where = KafkaOwner::Where;

struct ClusterHomeTest : testing::Test {
  const Topology topology{{{"redemptions", 1, 2}}};
  SystemClock clock;
  MemoryLog log{topology};
  MailboxRoutes routes{std::vector<uint32_t>{0, 0}};
  std::unique_ptr<ClusterHome> home = std::move(*ClusterHome::bind({}, {}));

  void open() {
    home->join(topology);
    home->make_rings(1, 1);
    ASSERT_TRUE(home->open(log, clock, routes, {0, 0}).has_value());
  }
  /// Ends by the time limit of the test if it never comes to that.
  void await_route(uint32_t dense, uint32_t mailbox) {
    while (routes.at(dense) != mailbox) std::this_thread::yield();
  }
};

TEST_F(ClusterHomeTest, KnowsItsAddressBeforeTheLogIsJoined) {
  EXPECT_TRUE(home->address().starts_with("127.0.0.1:")) << home->address();
  Config taken;
  taken.cluster.listen = home->address();
  const auto refused = ClusterHome::bind(taken, {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "address_in_use");
}

TEST_F(ClusterHomeTest, CallsAPartitionElsewhereOnlyWhenClaimAndGroupSaySo) {
  open();
  EXPECT_FALSE(home->is_elsewhere(0));
  home->owner_changed(first, {Where::elsewhere, "other:1", false});
  EXPECT_FALSE(home->is_elsewhere(0)) << "the group means this node to take it over";
  home->owner_changed(first, {Where::elsewhere, "other:1", true});
  EXPECT_TRUE(home->is_elsewhere(0));
  home->owner_changed(first, {Where::nobody, "", true});
  EXPECT_FALSE(home->is_elsewhere(0)) << "nobody serves it";
}

TEST_F(ClusterHomeTest, CountsWhatIsHereAndWhatOthersOwn) {
  open();
  home->owner_changed(first, {Where::here, "", false});
  home->owner_changed(second, {Where::elsewhere, "other:1", true});
  EXPECT_EQ(home->shares().here, 1u);
  EXPECT_EQ(home->shares().elsewhere, 1u);
}

TEST_F(ClusterHomeTest, LetsTheRoutesFollowTheOwners) {
  open();
  EXPECT_EQ(routes.at(0), 1u) << "to the other nodes until an owner is known";
  home->start();
  home->owner_changed(first, {Where::here, "", false});
  await_route(0, 0);
  EXPECT_EQ(routes.at(1), 1u);
  home->owner_changed(first, {Where::elsewhere, "127.0.0.1:1", true});
  await_route(0, 1);
  home->drain();
  home->stop();
}

/// The sanitizers' to judge; on Kafka every end of a server goes this way.
TEST_F(ClusterHomeTest, LetsGoOfTheLogBeforeThatEnds) {
  auto shorter = std::make_unique<MemoryLog>(topology);
  home->join(topology);
  home->make_rings(1, 1);
  ASSERT_TRUE(home->open(*shorter, clock, routes, {0, 0}).has_value());
  home->start();
  home->close();
  shorter.reset();
  home.reset();
}

}  // namespace
}  // namespace spate
