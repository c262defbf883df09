// Opening an engine: what it refuses to serve, and that a refusal names what to do.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/app/engine.hpp"
#include "engine/log/move_mark.hpp"
#include "engine/state/id_manifest.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

class EngineOpen : public testing::Test {
 protected:
  EngineOpen() : catalog_(std::move(*Catalog::load(domains()))) {
    std::filesystem::remove_all(config_.data);
    std::filesystem::create_directories(config_.data);
    config_.partitions = 1;
  }
  ~EngineOpen() override { std::filesystem::remove_all(config_.data); }

  static Config at_test_directory() {
    Config config;
    // A directory of its own: the tests of a suite run beside each other.
    config.data = scratch_path(testing::UnitTest::GetInstance()->current_test_info()->name());
    return config;
  }
  /// The fault of an open, or nothing: then a log is there from now on.
  Fault opened() {
    const auto engine = Engine::open(config_, *catalog_, clock_, {});
    return engine ? Fault{} : engine.error();
  }

  SystemClock clock_;
  std::unique_ptr<Catalog> catalog_;
  Config config_ = at_test_directory();
};

TEST_F(EngineOpen, RefusesALogWithADomainThatThisBinaryDoesNotHave) {
  {
    const auto storage = std::move(*PosixStorage::at(config_.data + "/log"));
    SegmentLogOptions options;
    options.domains = {{"lotteries", 2}};
    ASSERT_TRUE(SegmentLog::open(*storage, clock_, std::move(options)));
  }
  const Fault fault = opened();
  EXPECT_EQ(fault.code, "unknown_domain");
  EXPECT_NE(fault.detail.find("'lotteries'"), std::string::npos) << fault.detail;
}

TEST_F(EngineOpen, RefusesATopicsFileWithADomainThatThisBinaryDoesNotHave) {
  config_.topics = config_.data + "/topics.yaml";
  std::ofstream(config_.topics) << "domains:\n  redemptoins:\n    partitions: 64\n";
  const Fault fault = opened();
  EXPECT_EQ(fault.code, "config_invalid");
  EXPECT_NE(fault.detail.find("there is no domain redemptoins; did you mean 'redemptions'?"),
            std::string::npos)
      << fault.detail;
}

TEST_F(EngineOpen, RefusesALogThatEndsBeforeTheIdsThatWereWrittenFromIt) {
  ASSERT_EQ(opened().code, "");
  const auto storage = std::move(*PosixStorage::at(config_.data + "/log"));
  const LogIdentity log = read_manifest(*storage)->identity;
  // The way an unclean stop leaves it: without the seal, the end must be judged by what is known.
  const std::string first = config_.data + "/log/segment-0000000000000001.log";
  std::filesystem::resize_file(first, std::filesystem::file_size(first) - 8192);
  ASSERT_TRUE(write_manifest(config_.data + "/ids/orders-0", {.log = log, .covered = {7}}));
  const Fault fault = opened();
  EXPECT_EQ(fault.code, "log_rot") << fault.detail;
}

/// As RocksDB last noted its options.
bool compacts(const std::string& store) {
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(store))
    if (entry.path().filename().native().starts_with("OPTIONS-"))
      newest = std::max(newest, entry.path());
  std::ifstream file(newest);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return text.find("disable_auto_compactions=false") != std::string::npos;
}

TEST_F(EngineOpen, LetsItsStoresCompactOnceItHasStarted) {
  const auto engine = std::move(*Engine::open(config_, *catalog_, clock_, {}));
  const std::string rows = config_.data + "/rows", views = config_.data + "/views/1";
  EXPECT_FALSE(compacts(rows));
  EXPECT_FALSE(compacts(views));
  const auto await = [](const auto& holds) {
    while (!holds()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  engine->start();
  await([&] { return compacts(rows) && compacts(views); });
  engine->drain();
  await([&] { return engine->drained(); });
  EXPECT_TRUE(engine->close());
}

TEST_F(EngineOpen, RefusesALogThatHasMovedOrIsNotWholeYet) {
  ASSERT_EQ(opened().code, "");
  const auto storage = std::move(*PosixStorage::at(config_.data + "/log"));
  for (const auto& [state, code] : {std::pair{MoveMark::State::moved, "log_moved"},
                                    std::pair{MoveMark::State::arriving, "log_arriving"}}) {
    ASSERT_TRUE(write_move_mark(*storage, {state, "a cluster"}));
    EXPECT_EQ(opened().code, code);
  }
  ASSERT_TRUE(remove_move_mark(*storage));
  EXPECT_EQ(opened().code, "");
}

}  // namespace
}  // namespace spate
