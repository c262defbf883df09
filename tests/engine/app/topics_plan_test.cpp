// What changes a cluster's topics may undergo, and which are refused.
#include "engine/app/topics_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/api/domain.hpp"

namespace spate {
namespace {

class TopicsPlanTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto file = parse_topics_file(std::string(topics_text()), "topics.yaml");
    ASSERT_TRUE(file) << file.error().detail;
    const auto topics = wanted_topics(*file, "prod");
    ASSERT_TRUE(topics) << topics.error().detail;
    wanted_ = *topics;
    present_ = *topics;
  }
  KafkaTopicState& present(const std::string& name) {
    return *std::find_if(present_.begin(), present_.end(),
                         [&](const auto& t) { return t.name == name; });
  }
  TopicStep step(const std::string& name) {
    const TopicsPlan plan = plan_topics(wanted_, present_, "prod");
    for (const TopicStep& s : plan.steps)
      if (s.wanted.name == name) return s;
    ADD_FAILURE() << "no topic " << name;
    return {};
  }
  std::string refusal(const std::string& name) {
    const TopicStep s = step(name);
    EXPECT_EQ(s.kind, TopicStep::Kind::refuse);
    EXPECT_TRUE(plan_topics(wanted_, present_, "prod").refused());
    return s.lines.empty() ? "" : s.lines.front();
  }
  std::vector<KafkaTopicState> wanted_, present_;
  const std::string commands_ = "spate.redemptions.commands.v1";
  const std::string outcomes_ = "spate.redemptions.outcomes.v1";
};

TEST_F(TopicsPlanTest, WantsWhatTheEngineReliesOn) {
  const auto setting = [&](const std::string& topic, const std::string& name) {
    return present(topic).settings[name].value;
  };
  EXPECT_EQ(setting(commands_, "message.timestamp.type"), "LogAppendTime");  // F1
  EXPECT_EQ(setting(outcomes_, "retention.ms"), "-1");
  EXPECT_EQ(setting(outcomes_, "retention.bytes"), "-1");
  EXPECT_EQ(setting(outcomes_, "cleanup.policy"), "delete");  // G2: never compacted
  EXPECT_EQ(setting(outcomes_, "unclean.leader.election.enable"), "false");
  EXPECT_EQ(setting(outcomes_, "min.insync.replicas"), "2");
  EXPECT_EQ(setting("spate.ownership.v1", "cleanup.policy"), "compact");
  EXPECT_EQ(setting("spate.feeds.v1", "cleanup.policy"), "compact");
  EXPECT_EQ(present("spate.feeds.v1").partitions, 1u);
  EXPECT_EQ(present(commands_).partitions, present(outcomes_).partitions);
  EXPECT_EQ(present(outcomes_).replication, 3u);
}

TEST_F(TopicsPlanTest, LeavesAloneWhatIsRight) {
  const TopicsPlan plan = plan_topics(wanted_, present_, "prod");
  EXPECT_TRUE(plan.done());
  EXPECT_FALSE(plan.refused());
}

TEST_F(TopicsPlanTest, MakesWhatIsMissing) {
  present_.clear();
  const TopicsPlan plan = plan_topics(wanted_, present_, "prod");
  EXPECT_FALSE(plan.done());
  for (const TopicStep& s : plan.steps) EXPECT_EQ(s.kind, TopicStep::Kind::create);
}

TEST_F(TopicsPlanTest, ChangesSettingsInPlace) {
  present(outcomes_).settings["retention.ms"].value = "1000";
  present(outcomes_).settings["min.insync.replicas"].value = "1";
  const TopicStep s = step(outcomes_);
  EXPECT_EQ(s.kind, TopicStep::Kind::change);
  EXPECT_EQ(s.changes, (std::map<std::string, std::string>{{"min.insync.replicas", "2"},
                                                           {"retention.ms", "-1"}}));
  EXPECT_EQ(s.lines.back(), "retention.ms 1s → for ever");
}

TEST_F(TopicsPlanTest, RefusesAnotherPartitionCountEitherWay) {
  for (const uint32_t count : {1u, 1000u}) {
    present(commands_).partitions = count;
    EXPECT_TRUE(refusal(commands_).starts_with("has " + std::to_string(count) + " partitions"));
  }
  present(outcomes_).partitions = 1;
  EXPECT_NE(refusal(outcomes_).find("break the order"), std::string::npos);
}

TEST_F(TopicsPlanTest, RefusesFewerReplicasThanWanted) {
  present(outcomes_).replication = 1;
  EXPECT_NE(refusal(outcomes_).find("kafka-reassign-partitions"), std::string::npos);
}

TEST_F(TopicsPlanTest, RefusesFewReplicasInProdWhateverTheFileSays) {
  present(outcomes_).replication = 2;
  for (auto& topic : wanted_) topic.replication = 2;
  EXPECT_NE(refusal(outcomes_).find("loses acknowledged commands"), std::string::npos);
}

TEST_F(TopicsPlanTest, RefusesAnOutcomeTopicThatWasCompacted) {
  present(outcomes_).settings["cleanup.policy"].value = "compact";
  EXPECT_NE(refusal(outcomes_).find("may be missing already"), std::string::npos);
}

TEST_F(TopicsPlanTest, SaysWhichEnvironmentTheFileDoesNotKnow) {
  const auto file = parse_topics_file(std::string(topics_text()), "topics.yaml");
  const auto topics = wanted_topics(*file, "moon");
  ASSERT_FALSE(topics);
  EXPECT_NE(topics.error().detail.find("environment moon"), std::string::npos);
}

}  // namespace
}  // namespace spate
