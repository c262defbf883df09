// An engine beside another node whose digests differ: what it looks up, and what it may conclude.
#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>
#include <thread>

#include "engine/app/differs_mark.hpp"
#include "engine/app/engine.hpp"
#include "schemas/redemptions_generated.h"
#include "tests/engine/app/recorded_points.hpp"
#include "tests/engine/projector/killed_process.hpp"
#include "tests/engine/projector/outcome_log.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

constexpr const char* other = "127.0.0.1:1";  // nobody listens there

/// A log of which another node owns all partitions.
class NodeHome final : public LogHome {
 public:
  explicit NodeHome(MemoryLog& log) : log_(log), node_(std::move(*ClusterHome::bind({}, {}))) {
    node_->join(log.topology());
    for (const PartitionId id : log.topology().partitions())
      node_->owner_changed(id, {KafkaOwner::Where::elsewhere, other, true});
  }
  Log& log() override { return log_; }
  std::vector<Worker> workers() override { return {}; }
  void on_work(const std::vector<Bell*>&) override {}
  void on_sync(SegmentWriter::SyncObserver) override {}
  uint64_t stored_bytes() const override { return 0; }
  std::string found() const override { return {}; }
  ClusterHome* cluster() override { return node_.get(); }
  Result<void> close() override {
    node_->close();
    return {};
  }

 private:
  MemoryLog& log_;
  const std::unique_ptr<ClusterHome> node_;
};

/// One node that follows a sale, and what another one says to it.
class EngineNodes : public testing::Test {
 protected:
  EngineNodes() {
    config_.data = scratch_path(testing::UnitTest::GetInstance()->current_test_info()->name());
    OutcomeLog outcomes(log_, p);
    flatbuffers::FlatBufferBuilder event;
    event.Finish(redemptions::CreateOpened(event, 1'000'000, 1));
    outcomes.accept("sale", {{1, std::string(as_text(event.GetBufferSpan()))}});
    for (uint64_t serial = 1; serial <= 20; ++serial) {
      event.Clear();
      event.Finish(redemptions::CreateRedeemedDirect(
          event, ("p" + std::to_string(serial)).c_str(), 1, 1'000'000 - serial, serial));
      outcomes.accept("sale", {{2, std::string(as_text(event.GetBufferSpan()))}});
    }
    log_.hold_acquire(true, true);
  }

  void open() {
    auto opened = Engine::open(
        config_, *catalog_, clock_,
        [this](const std::string&, const Fault& fault) { note("fault: " + fault.detail); },
        [this](const std::string& what) { note(what); }, std::make_unique<NodeHome>(log_));
    ASSERT_TRUE(opened) << opened.error().detail;
    engine_ = std::move(*opened);
    engine_->start();
    await([this] { return engine_->ready() && engine_->caught_up() && engine_->views_whole(); });
  }
  void close() {
    engine_->drain();
    await([this] { return engine_->drained(); });
    ASSERT_TRUE(engine_->close());
    state_ = engine_->partitions()[0].processor->state_text();
    engine_.reset();
  }
  /// A life in which all is folded and recorded.
  void follow() {
    open();
    close();
  }
  /// The other node says that it recorded another digest.
  void hear(DigestOf of) {
    const DomainPlan& plan = *catalog_->find("redemptions");
    DigestPoint there = of == DigestOf::rows ? newest_of_rows(config_.data, plan, p.index)
                                             : newest_of_views(config_.data, plan, p.index);
    there.digest.lo ^= 1;
    engine_->cluster()->digests().answers_in.put({other, {0, of, 0, {}, there}});
  }
  /// Until it stands in the middle of its fold: the log cannot be read just now.
  void hear_and_begin_to_fold(DigestOf of) {
    log_.fail_reads(true);
    hear(of);
    await([&] { return std::filesystem::exists(aside() + (of == DigestOf::rows ? "/rows" : "/views")); });
  }
  void expect_that_the_log_agrees(DigestOf of) {
    hear(of);
    await([this] { return notes().find("the log says") != std::string::npos; });
    EXPECT_NE(notes().find("the log says what is here"), std::string::npos) << notes();
  }
  void expect_no_verdict() {
    for (const char* verdict : {"the log says", "is not known", "views stopped", "fault: "})
      EXPECT_EQ(notes().find(verdict), std::string::npos) << notes();
    EXPECT_TRUE(marked_differing(config_.data + "/rows").empty());
    EXPECT_TRUE(marked_differing(config_.data + "/views").empty());
    EXPECT_FALSE(std::filesystem::exists(aside()));
  }

  std::string aside() const { return config_.data + "/aside"; }
  std::string notes() {
    const std::lock_guard lock(mutex_);
    return notes_;
  }
  void note(const std::string& what) {
    const std::lock_guard lock(mutex_);
    notes_ += what + "\n";
  }
  /// Ends by the time limit of the test if it never comes to that.
  template <class Condition>
  static void await(Condition condition) {
    while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  SystemClock clock_;
  std::unique_ptr<Catalog> catalog_ = std::move(*Catalog::load(domains()));
  Config config_;
  MemoryLog log_{log_topology({{"redemptions", 1}})};
  std::unique_ptr<Engine> engine_;
  std::string state_;  // of the partition, at the end of the last life
  std::mutex mutex_;
  std::string notes_;
};

TEST_F(EngineNodes, GoOnWhereTheLogSaysWhatIsHere) {
  follow();
  open();
  for (const DigestOf of : {DigestOf::rows, DigestOf::views}) {
    expect_that_the_log_agrees(of);
    await([this] { return !std::filesystem::exists(aside()); });
    const std::lock_guard lock(mutex_);
    notes_.clear();
  }
  close();
  expect_no_verdict();
}

/// A full disk says nothing of what is right: no verdict before there is room.
TEST_F(EngineNodes, FoldAsideWhenTheDiskHasRoomAgain) {
  follow();
  open();
  for (const DigestOf of : {DigestOf::rows, DigestOf::views}) {
    log_.fill_disk(true);
    hear(of);
    await([this] { return notes().find("are folded afresh") != std::string::npos; });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    expect_no_verdict();
    log_.fill_disk(false);
    await([this] { return notes().find("the log says") != std::string::npos; });
    EXPECT_NE(notes().find("the log says what is here"), std::string::npos) << notes();
    const std::lock_guard lock(mutex_);
    notes_.clear();
  }
  log_.fill_disk(true);
  close();
}

TEST_F(EngineNodes, LeaveRowsInDoubtWhenTheServerEndsBeforeTheLogIsRead) {
  follow();
  open();
  hear_and_begin_to_fold(DigestOf::rows);
  close();
  expect_no_verdict();
  EXPECT_EQ(state_.find("rows of redemptions/0 differ"), 0u) << state_;
  EXPECT_EQ(state_.find("not known"), std::string::npos) << state_;
  log_.fail_reads(false);
  open();
  expect_that_the_log_agrees(DigestOf::rows);
  close();
}

TEST_F(EngineNodes, ServeViewsThatAreInDoubtAfterTheServerEndedBeforeTheLogWasRead) {
  follow();
  open();
  hear_and_begin_to_fold(DigestOf::views);
  close();
  expect_no_verdict();
  log_.fail_reads(false);
  open();
  EXPECT_EQ(engine_->views().stopped(p), "");
  expect_that_the_log_agrees(DigestOf::views);
  close();
}

TEST_F(EngineNodes, AreRidAtAStartOfTheRowsThatAKilledProcessWasFolding) {
  in_killed_process([this] {
    follow();
    open();
    hear_and_begin_to_fold(DigestOf::rows);
  });
  ASSERT_TRUE(std::filesystem::exists(aside() + "/rows"));
  open();
  expect_no_verdict();
  expect_that_the_log_agrees(DigestOf::rows);
  close();
}

TEST_F(EngineNodes, AreRidAtAStartOfTheViewsThatAKilledProcessWasFolding) {
  in_killed_process([this] {
    follow();
    open();
    hear_and_begin_to_fold(DigestOf::views);
  });
  ASSERT_TRUE(std::filesystem::exists(aside() + "/views"));
  open();
  expect_no_verdict();
  EXPECT_EQ(engine_->views().stopped(p), "");
  expect_that_the_log_agrees(DigestOf::views);
  close();
}

}  // namespace
}  // namespace spate
