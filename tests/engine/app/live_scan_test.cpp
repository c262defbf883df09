// LiveScan: what is stored wrongly is found while nothing folds, and acted upon; nothing else is.
#include "engine/app/live_scan.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <mutex>

#include "engine/app/scanned_note.hpp"
#include "engine/app/stopped_scan.hpp"
#include "engine/codec/json_value.hpp"
#include "tests/engine/app/sale_directory.hpp"

namespace spate {
namespace {

class LiveScanTest : public SaleDirectory {
 protected:
  LiveScanTest() : SaleDirectory({domains().begin(), domains().end()}) {}

  void open_watched() {
    open([this](const std::string&, const Fault& fault) { hear(faults_, fault.code + ": " + fault.detail); },
         [this](const std::string& note) { hear(notes_, note); });
  }
  void hear(std::string& into, const std::string& text) {
    const std::lock_guard lock(mutex_);
    into += text + "\n";
  }
  std::string heard(const std::string& from) {
    const std::lock_guard lock(mutex_);
    return from;
  }
  JsonValue status() { return *JsonValue::parse(engine_->scan().status()); }
  /// Until one that was begun has ended.
  JsonValue await() {
    for (;;) {
      const JsonValue now = status();
      if (now.text_of("stage") != "running") return now;
      bell_.wait(1'000'000);
    }
  }
  JsonValue scan(uint64_t rate_bytes = 1 << 30) {
    EXPECT_TRUE(engine_->scan().ask(rate_bytes));
    return await();
  }
  static std::string findings(const JsonValue& status) {
    std::string all;
    for (const JsonValue& text : status.find("findings")->items) all += text.text + "\n";
    return all;
  }
  Fault refused() {
    const auto opened = Engine::open(config_, *catalog_, clock_, {});
    return opened ? Fault{} : opened.error();
  }

  std::mutex mutex_;
  std::string faults_, notes_;
};

TEST_F(LiveScanTest, FindsNothingWhereNothingIsWrong) {
  sell({"ann", "bob"});
  open_watched();
  const JsonValue found = scan();
  EXPECT_EQ(found.text_of("stage"), "done") << findings(found) << heard(notes_);
  EXPECT_EQ(found.integer_of("partitions"), 2) << "rows and views of one partition";
  EXPECT_EQ(found.integer_of("unrecorded"), 0);
  EXPECT_GT(found.integer_of("bytes_read"), 0);
  EXPECT_EQ(heard(faults_), "");
  EXPECT_FALSE(std::filesystem::exists(scan_folder(config_.data)));
  close();
}

TEST_F(LiveScanTest, WrongRowsEndTheProcessAndNoStartServesThem) {
  sell({"ann", "bob"});
  hurt_row(false);
  open_watched();
  const JsonValue found = scan();
  EXPECT_EQ(found.text_of("stage"), "differs");
  const std::string what = "the stored rows of " + place() +
                           " at outcome 3 are not what was recorded when they were written";
  EXPECT_EQ(findings(found), what + "\n");
  while (heard(faults_).empty()) bell_.wait(1'000'000);
  EXPECT_TRUE(heard(faults_).starts_with("state_differs: " + what)) << heard(faults_);
  close();
  const Fault again = refused();
  EXPECT_EQ(again.code, "state_differs");
  EXPECT_TRUE(again.detail.starts_with(what)) << again.detail;
  EXPECT_NE(again.detail.find("remove " + config_.data + "/rows"), std::string::npos);
  std::filesystem::remove_all(config_.data + "/rows");
  open_watched();
  claim({"cid"});
  EXPECT_EQ(scan().text_of("stage"), "done");
  close();
}

TEST_F(LiveScanTest, ARowThatIsGoneIsFoundToo) {
  sell({"ann", "bob"});
  hurt_row(true);
  open_watched();
  EXPECT_EQ(scan().text_of("stage"), "differs");
  close();
}

/// What a wrong row becomes when a command changes it is recorded as what it became: the sum still
/// says what was there before.
TEST_F(LiveScanTest, FindsAWrongRowThatWasFoldedOnSince) {
  sell({"ann", "bob"});
  hurt_row(false);
  sell({"cid", "bob"});
  open_watched();
  EXPECT_EQ(scan().text_of("stage"), "differs");
  close();
}

TEST_F(LiveScanTest, WrongViewsStandStillUntilTheyAreRebuilt) {
  sell({"ann", "bob"});
  hurt_view();
  open_watched();
  const JsonValue found = scan();
  EXPECT_EQ(found.text_of("stage"), "differs");
  const std::string what = "the stored views of " + place() +
                           ", generation 1, at outcome 3 are not what was recorded when they were "
                           "written";
  EXPECT_EQ(findings(found), what + "\n");
  EXPECT_EQ(heard(faults_), "");
  EXPECT_NE(heard(notes_).find("views stopped: " + what), std::string::npos) << heard(notes_);
  claim({"dan"});
  close();

  open_watched();  // commands went on, views stood still, also over a restart
  EXPECT_TRUE(engine_->views().stopped(partition_).starts_with(what));
  EXPECT_EQ(engine_->views().position(partition_).value, 3u);
  for (const auto& other : engine_->partitions())
    EXPECT_TRUE(other.id == partition_ || engine_->views().stopped(other.id).empty());
  notes_.clear();
  EXPECT_EQ(scan().text_of("stage"), "differs");
  EXPECT_EQ(heard(notes_).find("views stopped"), std::string::npos) << "told once a life";

  RebuildWish wish;
  wish.projections = {"redemptions"};
  wish.expect = RebuildWish::Expect::anything;
  ASSERT_TRUE(engine_->rebuild().ask(wish));
  while (engine_->rebuild().status().stage != RebuildStage::switched) {
    engine_->rebuild_bell().ring();
    (void)engine_->scan().ask(1 << 30);  // over stores that come and serve meanwhile
    bell_.wait(1'000'000);
  }
  await();
  EXPECT_EQ(engine_->views().stopped(partition_), "");
  while (engine_->views().position(partition_).value < 4) bell_.wait(1'000'000);
  close();
}

TEST_F(LiveScanTest, SeesWhatRotsOnTheDiskBelowARunningServer) {
  sell({"ann", "bob"});
  open_watched();
  EXPECT_EQ(scan().text_of("stage"), "done");
  for (const auto& file : std::filesystem::directory_iterator(config_.data + "/rows")) {
    if (file.path().extension() != ".sst") continue;
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(10);
    const auto byte = static_cast<char>(bytes.get() ^ 1);
    bytes.seekp(10);
    bytes.put(byte);
  }
  const JsonValue found = scan();
  EXPECT_EQ(found.text_of("stage"), "differs");
  EXPECT_NE(findings(found).find("the stored rows of " + place() + " cannot be read: "),
            std::string::npos)
      << findings(found);
  while (heard(faults_).empty()) bell_.wait(1'000'000);
  close();
  const std::string code = refused().code;  // the start may trip over it before it sees the mark
  EXPECT_TRUE(code == "state_differs" || code == "rows_rot") << code;
}

TEST_F(LiveScanTest, GivesNoFalseAlarmBesideCommands) {
  config_.processors.unfrozen_outcomes_max = 20;  // a checkpoint follows the other
  open_watched();
  claim({});
  for (int scans = 0, n = 0; scans < 5; ++scans) {
    ASSERT_TRUE(engine_->scan().ask(1 << 30));
    do {
      for (int i = 0; i < 50; ++i) claim("c" + std::to_string(n++ % 3'000));
    } while (status().text_of("stage") == "running");
    EXPECT_EQ(status().text_of("stage"), "done") << findings(status());
  }
  EXPECT_EQ(heard(faults_), "");
  EXPECT_EQ(engine_->views().stopped(partition_), "");
  close();
}

TEST_F(LiveScanTest, RunsByItselfAndNotAgainBeforeItsTime) {
  sell({"ann"});
  config_.scan.interval_ms = 86'400'000;
  open_watched();
  while (status().text_of("stage") != "done") bell_.wait(1'000'000);
  const std::string when = status().text_of("last_completed");
  close();
  open_watched();
  bell_.wait(1'200'000'000);
  EXPECT_EQ(status().text_of("stage"), "none");
  EXPECT_EQ(status().text_of("last_completed"), when);
  close();
}

TEST_F(LiveScanTest, AClockThatWasSetBackDoesNotPutItOff) {
  sell({"ann"});
  config_.scan.interval_ms = 86'400'000;
  const Instant later{clock_.wall().ns + 10 * 86'400'000'000'000};
  note_scanned(config_.data, later);
  ASSERT_EQ(scanned_at(config_.data), later);
  open_watched();
  while (status().text_of("stage") != "done") bell_.wait(1'000'000);
  close();
}

TEST_F(LiveScanTest, OffMeansOnlyWhenAsked) {
  sell({"ann"});
  open_watched();
  bell_.wait(1'200'000'000);
  EXPECT_EQ(status().text_of("stage"), "none");
  EXPECT_EQ(scan().text_of("stage"), "done");
  close();
}

TEST_F(LiveScanTest, AServerEndsInTheMiddleOfOne) {
  sell({"ann", "bob"});
  open_watched();
  ASSERT_TRUE(engine_->scan().ask(1));  // a byte a second: minutes
  EXPECT_EQ(engine_->scan().ask().error().code, "scan_conflict");
  while (status().integer_of("bytes_read") == 0) bell_.wait(1'000'000);
  close();
  EXPECT_FALSE(std::filesystem::exists(scan_folder(config_.data)));
  EXPECT_EQ(scanned_at(config_.data).ns, 0) << "it was not completed";
}

TEST_F(LiveScanTest, WhatAKilledOneLeftIsRemoved) {
  sell({"ann"});
  std::filesystem::create_directories(scan_folder(config_.data) + "/rows");
  open_watched();
  EXPECT_FALSE(std::filesystem::exists(scan_folder(config_.data)));
  close();
}

TEST_F(LiveScanTest, AStoppedDirectoryIsScannedAndStaysAsItIs) {
  sell({"ann", "bob"});
  auto report = scan_stopped(config_.data);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->findings.size(), 0u);
  EXPECT_EQ(report->partitions, 2u);
  EXPECT_EQ(report->unrecorded, 0u);
  hurt_row(false);
  hurt_view();
  report = scan_stopped(config_.data);
  ASSERT_TRUE(report) << report.error().detail;
  ASSERT_EQ(report->findings.size(), 2u);
  EXPECT_EQ(report->findings[0].generation, 0u);
  EXPECT_EQ(report->findings[1].generation, 1u);
  EXPECT_EQ(report->findings[1].partition, partition_);
  EXPECT_EQ(refused().code, "") << "no mark is left";
}

/// As a binary that kept no digests leaves them.
TEST_F(LiveScanTest, RowsWithoutADigestAreCountedAndNotCompared) {
  sell({"ann"});
  {
    auto stores = std::move(*RocksStateStores::open(config_.data + "/rows"));
    const auto store = stores->partition(partition_);
    Checkpoint at = **store->checkpoint();
    at.digest.reset();
    ASSERT_TRUE(store->write({}, at));
    ASSERT_TRUE(stores->close());
  }
  const auto report = scan_stopped(config_.data);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->findings.size(), 0u);
  EXPECT_EQ(report->partitions, 1u) << "the views";
  EXPECT_EQ(report->unrecorded, 1u);
}

TEST_F(LiveScanTest, WhatASecondLookFindsRightIsANote) {
  sell({"ann", "bob"});
  const std::string rows = config_.data + "/rows", right = config_.data + "/right";
  std::filesystem::copy(rows, right, std::filesystem::copy_options::recursive);
  hurt_row(false);
  const std::string wrong = config_.data + "/wrong";
  Topology topology({{"redemptions", partition_.domain, 64}});
  StoreScan scan(topology, [&](uint64_t bytes) {
    if (bytes == 0 || std::filesystem::exists(wrong)) return true;
    std::filesystem::rename(rows, wrong);
    std::filesystem::rename(right, rows);
    return true;
  });
  ASSERT_TRUE(scan.rows(rows));
  EXPECT_EQ(scan.report().findings.size(), 0u);
  ASSERT_EQ(scan.report().notes.size(), 1u);
  EXPECT_NE(scan.report().notes[0].find("a second look found them right"), std::string::npos);
}

}  // namespace
}  // namespace spate
