// topics.yaml: what the built-in file says, what each place may override, and what is refused.
#include "engine/app/config_topics.hpp"

#include <gtest/gtest.h>

#include "engine/api/domain.hpp"
#include "engine/app/config.hpp"

namespace spate {
namespace {

constexpr std::string_view good = R"(domains:
  orders:
    partitions: 8
    environments:
      prod:
        partitions: 256
        compression: zstd
  quizzes:
    partitions: 4
environments:
  prod:
    partitions: 64
    replication: 3
    min_insync_replicas: 2
    compression: lz4
    message_bytes_max: 4MiB
    command_retention: 720h
    outcome_retention: forever
    dead_letter_retention: forever
    alias_retention: 24h
aliases:
  order-events:
    domains:
      - orders
)";

/// The good file with one text replaced by another.
std::string with(std::string_view old_text, std::string_view new_text) {
  std::string text(good);
  const std::size_t at = text.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return text.replace(at, old_text.size(), new_text);
}

std::string refusal(const std::string& text) {
  const auto file = parse_topics_file(text, "t");
  return file ? "nothing was refused" : file.error().detail;
}

TEST(TopicsFile, GivesADomainTheValuesOfItsEnvironmentAndItsOwnOverThem) {
  const auto file = parse_topics_file(std::string(good), "t");
  ASSERT_TRUE(file.has_value()) << file.error().detail;
  const TopicSettings common{64, 3, 2, "lz4", 4 << 20, 720 * 3'600'000ll, -1, 24 * 3'600'000ll};
  TopicSettings own = common;
  own.partitions = 256;
  own.compression = "zstd";
  EXPECT_EQ(*file->find("prod", "quizzes"), common);
  EXPECT_EQ(*file->find("production", "orders"), own);
  EXPECT_EQ(file->find("qat", "orders"), nullptr);
  EXPECT_EQ(file->find("prod", "coupons"), nullptr);
  EXPECT_EQ(file->partitions.at("quizzes"), 4u);
  ASSERT_EQ(file->aliases.size(), 1u);
  EXPECT_EQ(file->aliases[0].name, "order-events");
  EXPECT_EQ(file->aliases[0].domains, std::vector<std::string>{"orders"});
}

TEST(TopicsFile, BuiltInCoversEveryEnvironmentDomainAndAlias) {
  const auto file = parse_topics_file(std::string(topics_text()), "topics.yaml");
  ASSERT_TRUE(file.has_value()) << file.error().detail;
  const ProcessorLimits limits;
  for (const char* environment : {"dev", "qat", "uat", "prod", "development"})
    for (const Domain& domain : domains()) {
      const TopicSettings* settings = file->find(environment, domain.name);
      ASSERT_NE(settings, nullptr) << environment << ' ' << domain.name;
      EXPECT_GE(settings->message_bytes_max, limits.command_bytes_max + limits.outcome_bytes_max);
    }
  std::string names;
  for (const AliasFeed& alias : file->aliases) names += alias.name + " ";
  EXPECT_EQ(names, "user-events order-events notification-events analytics-events ");
}

TEST(TopicsFile, NeedsOnlyThePartitionsOfItsDomains) {
  const auto file = parse_topics_file("domains:\n  orders:\n    partitions: 4\n", "t");
  ASSERT_TRUE(file.has_value()) << file.error().detail;
  EXPECT_EQ(file->partitions.at("orders"), 4u);
  EXPECT_EQ(file->find("dev", "orders"), nullptr);
}

TEST(TopicsFile, RefusesWhatWouldLoseData) {
  EXPECT_EQ(refusal(with("outcome_retention: forever", "outcome_retention: 168h")),
            "t:18: environment prod: outcome_retention must be forever: every state, view and "
            "answer is folded from the outcomes");
  EXPECT_EQ(refusal(with("replication: 3", "replication: 2")),
            "t:12: environment prod: min_insync_replicas = replication: one broker "
            "down would stop all writing");
  const std::string one_copy = refusal(with("min_insync_replicas: 2", "min_insync_replicas: 1"));
  EXPECT_NE(one_copy.find("prod needs replication ≥ 3"), std::string::npos) << one_copy;
  const std::string own =
      refusal(with("        compression: zstd", "        replication: 1"));
  EXPECT_NE(own.find("t:6: domain orders, prod: min_insync_replicas 2 > replication 1"),
            std::string::npos) << own;
}

TEST(TopicsFile, NamesTheLineOfATypo) {
  EXPECT_EQ(refusal(with("compression: lz4", "compresion: lz4")),
            "t:15: there is no line compresion; did you mean 'compression'?");
  EXPECT_EQ(refusal(with("      prod:", "      prd:")),
            "t:5: there is no environment prd; did you mean 'prod'?");
  EXPECT_EQ(refusal(with("aliases:", "alises:")),
            "t:21: there is no section alises; did you mean 'aliases'?");
  EXPECT_EQ(refusal(with("      - orders", "      - ordres")),
            "t:24: alias order-events: there is no domain ordres");
}

TEST(TopicsFile, RefusesValuesThatABrokerWouldNotTake) {
  for (const auto& [line, wrong] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"partitions: 64", "partitions: 1025"},
           {"compression: lz4", "compression: rar"},
           {"command_retention: 720h", "command_retention: 0"},
           {"command_retention: 720h", "command_retention: soon"},
           {"message_bytes_max: 4MiB", "message_bytes_max: 4"},
           {"replication: 3", "replication: [3]"}})
    EXPECT_NE(refusal(with(line, wrong)).find("environment prod: "), std::string::npos) << wrong;
  EXPECT_EQ(refusal(with("    alias_retention: 24h\n", "")),
            "t:12: environment prod needs a line `alias_retention: …`");
  EXPECT_EQ(refusal(with("alias_retention: 24h", "replication: 3")),
            "t:20: replication stands here for the second time");
}

TEST(TopicsFile, StopsAtTextThatIsNoYaml) {
  EXPECT_NE(refusal("domains: [").find("not YAML"), std::string::npos);
  EXPECT_FALSE(parse_topics_file("domains:\n  orders: 3\n", "t").has_value());
  EXPECT_FALSE(parse_topics_file("- a\n", "t").has_value());
}

}  // namespace
}  // namespace spate
