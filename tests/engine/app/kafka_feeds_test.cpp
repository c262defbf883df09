// Which feeds a cluster gets: those whose topics are there.
#include "engine/app/kafka_feeds.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/log/kafka_topics.hpp"

namespace spate {
namespace {

class FeedsOfACluster : public testing::Test {
 protected:
  FeedsOfACluster() {
    file_.aliases = {{"order-events", {"orders"}}, {"all-events", {"coupons", "orders", "newer"}},
                     {"other-events", {"newer"}}};
    for (const std::string& name : feed_topic_names(file_, *catalog_))
      present_.push_back({name, 8, 3, {{"max.message.bytes", {"4194304", false}}}});
  }
  void lose(const std::string& name) {
    std::erase_if(present_, [&](const auto& topic) { return topic.name == name; });
  }
  std::string feeds() {
    plan_ = plan_feeds(file_, *catalog_, present_, {});
    std::string names;
    for (const auto& feed : plan_.feeds) names += feed->name() + " ";
    return names;
  }

  const std::unique_ptr<Catalog> catalog_{std::move(*Catalog::load(domains()))};
  TopicsFile file_;
  std::vector<KafkaTopicState> present_;
  FeedPlan plan_;
};

TEST_F(FeedsOfACluster, AreDeadLettersAndEveryAliasOfAKnownDomain) {
  EXPECT_EQ(feeds(), "dlq order-events all-events ");
  EXPECT_TRUE(plan_.missing.empty());
  EXPECT_EQ(plan_.topics.size(), catalog_->domains().size() + 2);
  EXPECT_EQ(plan_.message_bytes_max, 4194304u);
  EXPECT_TRUE(plan_.feeds[0]->has(*catalog_->find("quizzes")));
  EXPECT_FALSE(plan_.feeds[1]->has(*catalog_->find("coupons")));
  EXPECT_TRUE(plan_.feeds[2]->has(*catalog_->find("coupons")));
}

TEST_F(FeedsOfACluster, LeaveOutWhatHasNoTopicAndSayWhich) {
  lose("order-events");
  lose("spate.orders.dlq.v1");
  EXPECT_EQ(feeds(), "dlq all-events ");
  EXPECT_EQ(plan_.missing, (std::vector<std::string>{"spate.orders.dlq.v1", "order-events"}));
  EXPECT_FALSE(plan_.feeds[0]->has(*catalog_->find("orders")));
}

TEST_F(FeedsOfACluster, AreNoneWhereProgressCannotBeNoted) {
  lose(kafka_feeds_topic);
  EXPECT_EQ(feeds(), "");
  EXPECT_EQ(plan_.missing, std::vector<std::string>{kafka_feeds_topic});
}

}  // namespace
}  // namespace spate
