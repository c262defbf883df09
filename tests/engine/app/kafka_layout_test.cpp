// Which topics can hold a log, and what is said of those that cannot.
#include "engine/app/kafka_layout.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

class KafkaLayoutTest : public testing::Test {
 protected:
  static KafkaTopicState topic(const std::string& name, uint32_t partitions) {
    KafkaTopicState state{name, partitions, 3, {}};
    state.settings = {{"cleanup.policy", {"delete", false}},
                      {"retention.ms", {"-1", true}},
                      {"retention.bytes", {"-1", false}},
                      {"message.timestamp.type", {"LogAppendTime", true}},
                      {"max.message.bytes", {"4194304", true}}};
    return state;
  }
  Result<KafkaLayout> layout() {
    return kafka_layout({"coupons", "orders"}, identity_, present_, 1 << 20, "b:9092");
  }
  std::string refusal() {
    const auto result = layout();
    if (result) return "taken";
    EXPECT_EQ(result.error().code, "kafka_topics");
    EXPECT_EQ(result.error().action, FaultAction::stop);
    EXPECT_NE(result.error().detail.find("spate topics apply --kafka b:9092"), std::string::npos);
    return result.error().detail;
  }
  std::string refusal_with(std::size_t place, const std::string& name, const std::string& value) {
    present_[place].settings[name].value = value;
    return refusal();
  }
  std::optional<KafkaIdentity> identity_ =
      KafkaIdentity{{{1, 2}, 1}, {{"coupons", 7}, {"orders", 3}}};
  std::vector<KafkaTopicState> present_ = {
      topic("spate.coupons.commands.v1", 8), topic("spate.coupons.outcomes.v1", 8),
      topic("spate.orders.commands.v1", 4), topic("spate.orders.outcomes.v1", 4)};
};

TEST_F(KafkaLayoutTest, MakesATopologyWithTheClustersNumbers) {
  const auto made = layout();
  ASSERT_TRUE(made) << made.error().detail;
  ASSERT_EQ(made->topology.domains().size(), 2u);
  EXPECT_EQ(made->topology.domains()[0].name, "orders");
  EXPECT_EQ(made->topology.domains()[0].number, 3);
  EXPECT_EQ(made->topology.find("coupons")->partitions, 8);
  EXPECT_EQ(made->message_bytes_max, 4194304u);
}

TEST_F(KafkaLayoutTest, RefusesAClusterThatHoldsNoLog) {
  identity_.reset();
  EXPECT_NE(refusal().find("holds no log yet"), std::string::npos);
}

TEST_F(KafkaLayoutTest, RefusesADomainWithoutNumberOrTopic) {
  identity_->domains.erase("orders");
  EXPECT_NE(refusal().find("orders has no number"), std::string::npos);
  identity_->domains["orders"] = 3;
  present_.pop_back();
  EXPECT_NE(refusal().find("no topic spate.orders.outcomes.v1"), std::string::npos);
}

TEST_F(KafkaLayoutTest, RefusesDifferentPartitionCounts) {
  present_[3].partitions = 5;
  EXPECT_NE(refusal().find("commands of orders have 4 partitions, outcomes 5"), std::string::npos);
}

TEST_F(KafkaLayoutTest, RefusesCommandsStampedBySenders) {  // F1
  EXPECT_NE(refusal_with(0, "message.timestamp.type", "CreateTime").find("LogAppendTime"),
            std::string::npos);
}

TEST_F(KafkaLayoutTest, RefusesOutcomesThatAreForgotten) {
  EXPECT_NE(refusal_with(1, "retention.ms", "1000").find("forgets outcomes"), std::string::npos);
}

TEST_F(KafkaLayoutTest, RefusesOutcomesLimitedInBytes) {
  EXPECT_NE(refusal_with(1, "retention.bytes", "1000").find("forgets outcomes"),
            std::string::npos);
}

TEST_F(KafkaLayoutTest, RefusesCompactedTopics) {  // G2
  EXPECT_NE(refusal_with(1, "cleanup.policy", "compact").find("is compacted"), std::string::npos);
}

TEST_F(KafkaLayoutTest, RefusesTopicsTooSmallForTheLargestRecord) {  // G6
  EXPECT_NE(refusal_with(2, "max.message.bytes", "1048576").find("processor.command_max"),
            std::string::npos);
}

TEST_F(KafkaLayoutTest, LetsCommandsBeForgotten) {
  EXPECT_EQ(refusal_with(0, "retention.ms", "604800000"), "taken");
}

}  // namespace
}  // namespace spate
