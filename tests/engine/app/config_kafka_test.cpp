// Properties of the Kafka client are settings like others: from everywhere, judged, shown, secret.
#include <gtest/gtest.h>

#include <fstream>

#include "engine/app/config.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

class ConfigKafkaTest : public testing::Test {
 protected:
  void write_file(const std::string& text) { std::ofstream(path_) << text; }
  std::string fault() {
    const Result<LoadedConfig> result = load_config(inputs_);
    return result ? "taken" : result.error().detail;
  }
  const TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/spate.yaml";
  ConfigInputs inputs_;
};

TEST_F(ConfigKafkaTest, ComesFromFileEnvironmentAndFlags) {
  write_file(
      "kafka:\n  brokers: a:9092\n  group: sales\n  producer:\n    linger.ms: 3\n"
      "  common:\n    client.rack: north\n");
  inputs_.file = path_;
  inputs_.environment = {{"SPATE_KAFKA_COMMON_CLIENT_RACK", "south"},
                         {"SPATE_KAFKA_CONSUMER_FETCH_WAIT_MAX_MS", "7"}};
  inputs_.flags = {{"kafka.brokers", "b:9092,c:9092"}};
  const Result<LoadedConfig> loaded = load_config(inputs_);
  ASSERT_TRUE(loaded) << loaded.error().detail;
  const Config::Kafka& kafka = loaded->config.kafka;
  EXPECT_EQ(kafka.brokers, "b:9092,c:9092");
  EXPECT_EQ(kafka.group, "sales");
  EXPECT_EQ(kafka.properties.producer, (KafkaPropertyList{{"linger.ms", "3"}}));
  EXPECT_EQ(kafka.properties.common, (KafkaPropertyList{{"client.rack", "south"}}));
  EXPECT_EQ(kafka.properties.consumer, (KafkaPropertyList{{"fetch.wait.max.ms", "7"}}));
  EXPECT_TRUE(loaded->warnings.empty());
}

TEST_F(ConfigKafkaTest, KeepsTheSecretOfOperatorsFromAFileAndNeverShowsIt) {
  write_file("a secret of operators\n");
  inputs_.environment = {{"SPATE_KAFKA_CONTROL_SECRET_FILE", path_}};
  const Result<LoadedConfig> loaded = load_config(inputs_);
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(loaded->config.kafka.control_secret, "a secret of operators");
  for (const auto& shown : loaded->shown)
    EXPECT_EQ(shown.value.find("operators"), std::string::npos) << shown.name;
  inputs_.environment = {{"SPATE_KAFKA_CONTROL_SECRET", "too short"}};
  EXPECT_NE(fault().find("'(secret)' is too short: at least 16 characters"), std::string::npos);
}

TEST_F(ConfigKafkaTest, RefusesAnUnknownPropertyWithTheNearestName) {
  write_file("kafka:\n  producer:\n    lingr.ms: 3\n");
  inputs_.file = path_;
  EXPECT_NE(fault().find(":3: kafka.producer.lingr.ms = '3' is no property of librdkafka; did you "
                         "mean kafka.producer.linger.ms?"),
            std::string::npos)
      << fault();
  inputs_.file.clear();
  inputs_.environment = {{"SPATE_KAFKA_COMMON_SASL_USERNAM", "x"}};
  EXPECT_NE(fault().find("kafka.common.sasl.username?"), std::string::npos) << fault();
}

TEST_F(ConfigKafkaTest, RefusesWhatTheProtocolOwnsAndSaysWhy) {
  inputs_.environment = {{"SPATE_KAFKA_PRODUCER_ACKS", "1"}};
  EXPECT_NE(fault().find("cannot be set: an answer is given when"), std::string::npos) << fault();
}

TEST_F(ConfigKafkaTest, TakesSecretsFromFilesAndNeverShowsThem) {
  write_file("hush\n");
  inputs_.environment = {{"SPATE_KAFKA_COMMON_SASL_PASSWORD_FILE", path_},
                         {"SPATE_KAFKA_COMMON_SASL_USERNAME", "spate"}};
  const Result<LoadedConfig> loaded = load_config(inputs_);
  ASSERT_TRUE(loaded) << loaded.error().detail;
  std::string password, username, source;
  for (const auto& shown : loaded->shown) {
    if (shown.name == "kafka.common.sasl.password") password = shown.value, source = shown.source;
    if (shown.name == "kafka.common.sasl.username") username = shown.value;
  }
  EXPECT_EQ(password, "(secret)");
  EXPECT_EQ(source, "environment SPATE_KAFKA_COMMON_SASL_PASSWORD_FILE");
  EXPECT_EQ(username, "spate");
  const auto& common = loaded->config.kafka.properties.common;
  EXPECT_NE(std::find(common.begin(), common.end(), std::pair<std::string, std::string>(
                                                        "sasl.password", "hush")),
            common.end());
}

}  // namespace
}  // namespace spate
