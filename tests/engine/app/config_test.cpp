// Config: which source wins, what each mistake is told, and that the limits fit together.
#include "engine/app/config.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "engine/api/domain.hpp"
#include "engine/app/config_settings.hpp"
#include "engine/app/config_units.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

class ConfigTest : public testing::Test {
 protected:
  void write_file(const std::string& text) {
    std::ofstream(path_) << text;
    inputs_.file = path_;
  }
  Config loaded() {
    Result<LoadedConfig> result = load_config(inputs_);
    EXPECT_TRUE(result.has_value()) << result.error().detail;
    return result ? result->config : Config{};
  }
  std::string fault() {
    const Result<LoadedConfig> result = load_config(inputs_);
    return result ? "taken" : result.error().detail;
  }
  std::string source_of(const std::string& name) {
    const Result<LoadedConfig> result = load_config(inputs_);
    for (const auto& shown : result->shown)
      if (shown.name == name) return shown.source;
    return "no such setting";
  }
  const TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/spate.yaml";
  ConfigInputs inputs_;
};

TEST_F(ConfigTest, StandsByItselfWithDefaults) {
  const Config config = loaded();
  EXPECT_EQ(config.listen, "127.0.0.1:8080");
  EXPECT_EQ(config.memory_bytes, uint64_t{2} << 30);
  EXPECT_FALSE(config.insecure_dev);
}

TEST_F(ConfigTest, LetsTheEnvironmentWinOverTheFileAndFlagsOverBoth) {
  write_file("http:\n  wait_default: 1s\n  wait_max: 9s\nlog_level: warn\n");
  inputs_.environment = {{"SPATE_HTTP_WAIT_DEFAULT", "2s"}, {"LOG_LEVEL", "debug"}};
  inputs_.flags = {{"http.wait_default", "3s"}};
  const Config config = loaded();
  EXPECT_EQ(config.http.wait_ms_default, 3000);
  EXPECT_EQ(config.http.wait_ms_max, 9000);
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(source_of("http.wait_default"), "flag --http.wait_default");
  EXPECT_EQ(source_of("http.wait_max"), path_ + ":3");
  EXPECT_EQ(source_of("log_level"), "environment LOG_LEVEL");
  EXPECT_EQ(source_of("listen"), "default");
}

TEST_F(ConfigTest, TakesLevelsInCapitals) {
  inputs_.environment = {{"LOG_LEVEL", "WARN"}};
  EXPECT_EQ(loaded().log_level, "WARN");
  inputs_.environment = {{"LOG_LEVEL", "LOUD"}};
  EXPECT_NE(fault().find("log_level"), std::string::npos);
}

TEST_F(ConfigTest, TellsTheNearestNameForAnUnknownSettingInTheFile) {
  write_file("data: /tmp/x\nhttp:\n  body_maks: 1MiB\n");
  EXPECT_EQ(fault(), path_ + ":3: there is no setting http.body_maks; did you mean 'http.body_max'?");
}

TEST_F(ConfigTest, KnowsGroupsByName) {
  for (const char* group : {"htp: {}\n", "htp:\n", "htp: [1]\n", "htp:\n  body_max: 1MiB\n"}) {
    write_file(group);
    EXPECT_TRUE(fault().starts_with(path_ + ":1: there is no setting htp")) << fault();
  }
  write_file("http: {}\n");
  EXPECT_TRUE(load_config(inputs_).has_value());
}

TEST_F(ConfigTest, TakesTruthInAnyLetters) {
  for (const char* yes : {"true", "True", "TRUE", "1"}) {
    inputs_.environment = {{"ENABLE_METRICS", yes}};
    EXPECT_TRUE(loaded().metrics) << yes;
  }
  inputs_.environment = {{"ENABLE_METRICS", "False"}};
  EXPECT_FALSE(loaded().metrics);
}

TEST_F(ConfigTest, WarnsOfUnknownVariablesOnly) {
  inputs_.environment = {{"SPATE_PORT", "tcp://10.0.0.1:80"}, {"HOME", "/root"}};
  const Result<LoadedConfig> result = load_config(inputs_);
  ASSERT_TRUE(result.has_value());
  ASSERT_EQ(result->warnings.size(), 1u);
  EXPECT_NE(result->warnings[0].find("SPATE_PORT"), std::string::npos);
}

TEST_F(ConfigTest, TellsWhatTheVariableOfASettingIsCalledInstead) {
  inputs_.environment = {{"SPATE_LOG_LEVEL", "debug"}};
  const auto result = load_config(inputs_);
  ASSERT_TRUE(result.has_value());
  ASSERT_EQ(result->warnings.size(), 1u);
  EXPECT_NE(result->warnings[0].find("it is called LOG_LEVEL"), std::string::npos);
}

TEST_F(ConfigTest, FillsInVariablesOrTheirDefaults) {
  write_file("data: ${ROOT:/var/lib}/spate\nlisten: ${HOST}:80\n");
  inputs_.environment = {{"HOST", "127.0.0.1"}};
  EXPECT_EQ(loaded().data, "/var/lib/spate");
  EXPECT_EQ(loaded().listen, "127.0.0.1:80");
  inputs_.environment.clear();
  EXPECT_NE(fault().find(":2: the variable HOST is not set"), std::string::npos) << fault();
}

TEST_F(ConfigTest, ReadsAValueFromTheFileThatAVariableNames) {
  std::ofstream(path_) << "/srv/spate\n";
  inputs_.environment = {{"SPATE_DATA_FILE", path_}};
  EXPECT_EQ(loaded().data, "/srv/spate");
  inputs_.environment["SPATE_DATA"] = "/other";
  EXPECT_NE(fault().find("both set"), std::string::npos) << fault();
}

TEST_F(ConfigTest, NamesThePlaceAndTheRemedyOfABadValue) {
  write_file("memory: lots\n");
  EXPECT_EQ(fault(), path_ + ":1: memory = 'lots' must be a size such as 512MiB or 2GiB");
  write_file("memory: [1, 2]\n");
  EXPECT_NE(fault().find(":1: memory must hold"), std::string::npos) << fault();
  write_file("a: b: c\n");
  EXPECT_NE(fault().find("not YAML"), std::string::npos) << fault();
}

TEST_F(ConfigTest, RefusesTheSameSettingTwice) {
  write_file("memory: 1GiB\nmemory: 2GiB\n");
  EXPECT_NE(fault().find(":2: memory stands here for the second time"), std::string::npos) << fault();
}

TEST_F(ConfigTest, RefusesLimitsThatContradictEachOther) {
  inputs_.flags = {{"http.wait_default", "1m"}};
  EXPECT_EQ(fault(), "must hold: http.wait_default ≤ http.wait_max");
  inputs_.flags = {{"memory", "64MiB"}};
  EXPECT_EQ(fault(), "must hold: memory ≥ 128MiB");
  inputs_.flags = {{"threads.edge", "0"}};
  EXPECT_EQ(fault(), "must hold: 1 ≤ threads.edge ≤ 64");
}

TEST_F(ConfigTest, RefusesANumberThatItsTypeCannotHold) {
  inputs_.flags = {{"partitions", "4294967296"}};
  EXPECT_NE(fault().find("is too large"), std::string::npos) << fault();
}

TEST(Settings, AreWrittenAsTheyAreShown) {
  Config config;
  for (const Setting& setting : settings()) {
    const std::string shown = setting.read(config);
    EXPECT_EQ(setting.write(config, shown), "") << setting.name << " = " << shown;
    EXPECT_EQ(setting.read(config), shown) << setting.name;
  }
}

TEST(Settings, HaveNoVariableThatKubernetesInjects) {
  for (const Setting& setting : settings()) {
    const std::string variable = variable_of(setting.name);
    EXPECT_NE(variable, "SPATE_PORT");
    EXPECT_FALSE(variable.starts_with("SPATE_SERVICE_")) << variable;
  }
}

TEST(ListenAddress, IsHostAndPort) {
  EXPECT_EQ(parse_listen("127.0.0.1:8080")->port, 8080);
  EXPECT_EQ(parse_listen("[::1]:0")->host, "::1");
  EXPECT_EQ(parse_listen(":80")->host, "0.0.0.0");
  for (const char* bad : {"", "8080", "::1:80", "a:", "a:65536", "a:8x", "a: 8"})
    EXPECT_FALSE(parse_listen(bad).has_value()) << bad;
}

TEST(Units, AreReadAndWritten) {
  EXPECT_EQ(parse_bytes("2GiB"), uint64_t{2} << 30);
  EXPECT_EQ(parse_bytes("10MB"), 10'000'000u);
  EXPECT_EQ(parse_bytes("1024"), 1024u);
  EXPECT_EQ(format_bytes(uint64_t{1536} << 20), "1536MiB");
  EXPECT_EQ(parse_ms("5s"), 5000);
  EXPECT_EQ(parse_ms("250"), 250);
  EXPECT_EQ(format_ms(90'000), "90s");
  for (const char* bad : {"", "GiB", "-1", "1.5GiB", "2 GiB", "2gib", "99999999999999999999",
                          "9223372036854775807KiB"})
    EXPECT_EQ(parse_bytes(bad), std::nullopt) << bad;
}

TEST(MemoryCut, FitsOnlyWhereFifteenPercentMoreFits) {
  const uint64_t allowed = allowed_memory();
  EXPECT_GT(allowed, memory_bytes_min);
  EXPECT_TRUE(fits_memory(memory_bytes_min));
  EXPECT_FALSE(fits_memory(allowed));
  EXPECT_FALSE(fits_memory(~uint64_t{0}));
}

TEST(MemoryCut, NeverHandsOutMoreThanTheWhole) {
  for (uint64_t total = memory_bytes_min; total < uint64_t{1} << 42; total = total * 5 / 3 + 4097) {
    const MemoryCut cut = cut_memory(total);
    EXPECT_LE(cut.sum(), total);
    EXPECT_GT(cut.sum(), total - total / 50) << "nearly all of it is of use";
    EXPECT_LT(cut.write_buffer_bytes, cut.block_cache_bytes);
  }
}

TEST(Topics, NameThePartitionsOfEveryDomain) {
  const auto topics = parse_topics("domains:\n  orders:\n    partitions: 4\n", "topics.yaml");
  ASSERT_TRUE(topics.has_value()) << topics.error().detail;
  EXPECT_EQ(topics->at("orders"), 4u);
}

TEST(Topics, BuiltInCoverEveryDomainOfTheBinary) {
  const auto topics = parse_topics(std::string(topics_text()), "topics.yaml");
  ASSERT_TRUE(topics.has_value()) << topics.error().detail;
  for (const Domain& domain : domains())
    EXPECT_EQ(topics->count(std::string(domain.name)), 1u) << domain.name;
}

TEST(Topics, SayWhatIsMissing) {
  EXPECT_FALSE(parse_topics("", "t").has_value());
  EXPECT_FALSE(parse_topics("domains:\n  orders:\n    partitions: 0\n", "t").has_value());
  const auto missing = parse_topics("domains:\n  orders: {}\n", "topics.yaml");
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().detail.find("domain orders needs"), std::string::npos);
}

}  // namespace
}  // namespace spate
