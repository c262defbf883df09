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
#include "tests/support/log_alone.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/unreadable_log.hpp"

namespace spate {
namespace {

constexpr const char* other = "127.0.0.1:1";  // nobody listens there

/// A log of which one node owns all partitions.
class NodeHome final : public LogAlone {
 public:
  NodeHome(Log& log, KafkaOwner::Where owner)
      : LogAlone(log), node_(std::move(*ClusterHome::bind({}, {}))) {
    node_->join(log.topology());
    for (const PartitionId id : log.topology().partitions())
      node_->owner_changed(id, {owner, other, true});
  }
  ClusterHome* cluster() override { return node_.get(); }
  Result<void> close() override {
    node_->close();
    return {};
  }

 private:
  const std::unique_ptr<ClusterHome> node_;
};

/// One node that follows a sale, and what another one says to it.
class EngineNodes : public testing::Test {
 protected:
  EngineNodes() {
    config_.data = scratch_path(testing::UnitTest::GetInstance()->current_test_info()->name());
    write_sale(log_, 20);
    log_.hold_acquire(true, true);
  }

  /// Others in each: chains do not know their log.
  static OutcomeLog write_sale(MemoryLog& log, uint64_t pieces) {
    OutcomeLog outcomes(log, p);
    flatbuffers::FlatBufferBuilder event;
    event.Finish(redemptions::CreateOpened(event, 1'000'000, 1));
    outcomes.accept("sale", {{1, std::string(as_text(event.GetBufferSpan()))}});
    for (uint64_t serial = 1; serial <= pieces; ++serial) {
      const std::string name = "p" + std::to_string(serial) + " of " + std::to_string(pieces);
      event.Clear();
      event.Finish(redemptions::CreateRedeemedDirect(event, name.c_str(), 1, 1'000'000 - serial,
                                                     serial));
      outcomes.accept("sale", {{2, std::string(as_text(event.GetBufferSpan()))}});
    }
    return outcomes;
  }

  void open() { open(log_); }
  void open(Log& log, KafkaOwner::Where owner = KafkaOwner::Where::elsewhere) {
    auto opened = Engine::open(
        config_, *catalog_, clock_,
        [this](const std::string&, const Fault& fault) { note("fault: " + fault.detail); },
        [this](const std::string& what) { note(what); }, std::make_unique<NodeHome>(log, owner));
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
  DigestPoint newest(DigestOf of) const {
    const DomainPlan& plan = *catalog_->find("redemptions");
    return of == DigestOf::rows ? newest_of_rows(config_.data, plan, p.index)
                                : newest_of_views(config_.data, plan, p.index);
  }
  /// The other node says that it recorded another digest.
  void hear(DigestOf of) { hear(of, newest(of)); }
  void hear(DigestOf of, DigestPoint there) {
    there.digest.lo ^= 1;
    engine_->cluster()->digests().answers_in.put({other, {0, of, 0, {}, there}});
  }
  /// Until it stands in the middle of its fold: the log cannot be read just now.
  void hear_and_begin_to_fold(DigestOf of) {
    log_.fail_reads(true);
    hear(of);
    await([&] { return std::filesystem::exists(aside_of(of)); });
  }
  void expect_that_a_start_is_rid_of_what_a_killed_process_folded(DigestOf of) {
    in_killed_process([&] {
      follow();
      open();
      hear_and_begin_to_fold(of);
    });
    ASSERT_TRUE(std::filesystem::exists(aside_of(of)));
    open();
    expect_no_verdict();
    EXPECT_EQ(engine_->views().stopped(p), "");
    expect_that_the_log_agrees(of);
    close();
  }
  /// A client asks the partition what became of a command.
  void ask() {
    RequestHead head;
    head.ticket = 1;
    head.ask = Ask::find;
    std::memcpy(door().requests.begin(sizeof head), &head, sizeof head);
    door().requests.commit();
    door().processor_bell->ring();
  }
  std::optional<Answer> answer() {
    const auto message = door().replies.front();
    if (!message) return std::nullopt;
    ReplyHead head;
    std::memcpy(&head, message->data(), sizeof head);
    return head.answer;
  }
  Mailbox& door() { return *engine_->mailboxes()[0][0]; }
  void await_conclusion() {
    await([this] {
      for (const char* said : {"the log says", "is not known", "not in this log"})
        if (notes().find(said) != std::string::npos) return true;
      return false;
    });
  }
  void expect_that_the_log_agrees(DigestOf of) {
    hear(of);
    await_conclusion();
    EXPECT_NE(notes().find("the log says what is here"), std::string::npos) << notes();
  }
  void expect_no_verdict() {
    for (const char* verdict : {"the log says", "is not known", "views stopped", "fault: "})
      EXPECT_EQ(notes().find(verdict), std::string::npos) << notes();
    EXPECT_TRUE(marked_differing(config_.data + "/rows").empty());
    EXPECT_TRUE(marked_differing(config_.data + "/views/1").empty());
    EXPECT_FALSE(std::filesystem::exists(aside()));
  }

  std::string aside() const { return config_.data + "/aside"; }
  std::string aside_of(DigestOf of) const {
    return aside() + (of == DigestOf::rows ? "/rows" : "/views");
  }
  std::string notes() {
    const std::lock_guard lock(mutex_);
    return notes_;
  }
  void note(const std::string& what) {
    const std::lock_guard lock(mutex_);
    notes_ += what + "\n";
  }
  void forget_notes() {
    const std::lock_guard lock(mutex_);
    notes_.clear();
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
    forget_notes();
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
    await_conclusion();
    EXPECT_NE(notes().find("the log says what is here"), std::string::npos) << notes();
    forget_notes();
  }
  log_.fill_disk(true);
  close();
}

/// Brokers that lost what they had acknowledged hold others there, or none. What was recorded of
/// outcomes that are in no log any more says nothing of what is folded from this one.
TEST_F(EngineNodes, GoOnWhereTheyDifferInOutcomesThatAreGone) {
  follow();
  for (const uint64_t pieces : {5, 30}) {  // it ends before them; it holds others there
    MemoryLog replaced{log_topology({{"redemptions", 1}}), log_.identity()};
    OutcomeLog outcomes = write_sale(replaced, pieces);
    replaced.hold_acquire(true, true);
    const DigestPoint rows = newest(DigestOf::rows), views = newest(DigestOf::views);
    open(replaced);
    for (const auto& [of, there] : {std::pair(DigestOf::rows, rows), {DigestOf::views, views}}) {
      hear(of, there);
      await_conclusion();
      EXPECT_NE(notes().find("not in this log"), std::string::npos) << notes();
      forget_notes();
    }
    outcomes.append({{"sale", {}, envelope::Kind::rejected}});
    await([&] { return engine_->views().position(p).value == pieces + 2; });
    close();
    expect_no_verdict();
    EXPECT_EQ(state_, "another node owns the partition");
  }
}

TEST_F(EngineNodes, ForgetWhatTheyRecordedOfAnotherLog) {
  follow();
  MemoryLog replaced{log_topology({{"redemptions", 1}}), {{2, 3}, 1}};
  write_sale(replaced, 5);
  replaced.hold_acquire(true, true);
  const DigestPoint rows = newest(DigestOf::rows), views = newest(DigestOf::views);
  open(replaced);
  for (const auto& [of, there] : {std::pair(DigestOf::rows, rows), {DigestOf::views, views}})
    hear(of, there);
  close();
  EXPECT_EQ(notes().find("differ between"), std::string::npos) << notes();
  for (const DigestOf of : {DigestOf::rows, DigestOf::views})
    EXPECT_EQ(newest(of).sequence.value, 6u);
  EXPECT_EQ(log_of_journal(digests_folder(config_.data) + "/redemptions-0"), replaced.identity());
}

/// Which are right is not known then: rows stand still, and neither is marked for later starts.
TEST_F(EngineNodes, MarkNothingWhereTheLogCannotBeRead) {
  follow();
  UnreadableLog rotten{log_};
  rotten.rotten = 5;
  open(rotten);
  for (const DigestOf of : {DigestOf::views, DigestOf::rows}) {
    hear(of);
    await_conclusion();
    EXPECT_NE(notes().find("is not known"), std::string::npos) << notes();
    EXPECT_EQ(notes().find("views stopped"), std::string::npos) << notes();
    forget_notes();
  }
  EXPECT_EQ(engine_->views().stopped(p), "");
  close();
  EXPECT_NE(state_.find("its CRC is wrong"), std::string::npos) << state_;
  EXPECT_EQ(state_.find("remove"), std::string::npos) << state_;
  expect_no_verdict();
  open();
  for (const DigestOf of : {DigestOf::rows, DigestOf::views}) {
    expect_that_the_log_agrees(of);
    forget_notes();
  }
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

/// A verdict may take longer than whoever ends the server, or asks it, has patience for.
TEST_F(EngineNodes, TellWhoWaitsForAVerdictThatTheServerIsToEnd) {
  follow();
  log_.hold_acquire(false);
  open(log_, KafkaOwner::Where::here);
  hear_and_begin_to_fold(DigestOf::rows);
  ask();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(answer(), std::nullopt) << "the log is to say whether it can be answered";
  engine_->end_comparing();
  await([this] { return answer().has_value(); });
  EXPECT_EQ(answer(), Answer::not_ready);
  close();
  expect_no_verdict();
}

TEST_F(EngineNodes, AreRidAtAStartOfTheRowsThatAKilledProcessWasFolding) {
  expect_that_a_start_is_rid_of_what_a_killed_process_folded(DigestOf::rows);
}

TEST_F(EngineNodes, AreRidAtAStartOfTheViewsThatAKilledProcessWasFolding) {
  expect_that_a_start_is_rid_of_what_a_killed_process_folded(DigestOf::views);
}

}  // namespace
}  // namespace spate
