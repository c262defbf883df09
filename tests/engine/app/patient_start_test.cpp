// A start whose log cannot be read just now: it waits as long as it is let, and keeps its views.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "engine/app/engine.hpp"
#include "engine/app/start_wait.hpp"
#include "tests/engine/projector/outcome_log.hpp"
#include "tests/support/log_alone.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/unreadable_log.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {
namespace {

/// A log elsewhere, and somebody who decides how long it is waited for.
class LogElsewhere final : public LogAlone {
 public:
  using Wait = std::function<bool(const Fault&)>;
  LogElsewhere(Log& log, Wait wait) : LogAlone(log), wait_(std::move(wait)) {}
  bool waits_for(const Fault& why) override { return wait_(why); }

 private:
  const Wait wait_;
};

class PatientStart : public testing::Test {
 protected:
  static constexpr uint64_t written = 20;

  PatientStart() {
    config_.data = scratch_path(testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(config_.data);
    for (uint16_t index = 0; index < 2; ++index) {
      OutcomeLog outcomes(memory_, {1, index});
      EXPECT_EQ(memory_.append_commands({1, index}, command_batch({1, index}, Cause{1}, written)),
                Taken::yes);
      for (uint64_t i = 0; i < written; ++i)
        outcomes.append({{"a", {}, envelope::Kind::rejected}});
    }
    checkpoint_views();
  }
  ~PatientStart() override { std::filesystem::remove_all(config_.data); }

  Result<std::unique_ptr<Engine>> open(LogElsewhere::Wait wait) {
    return Engine::open(config_, *catalog_, clock_, {},
                        [this](const std::string& note) { notes_ += note + "\n"; },
                        std::make_unique<LogElsewhere>(log_, std::move(wait)));
  }
  void checkpoint_views() {
    auto engine = std::move(*open({}));
    engine->start();
    for (const PartitionId id : {PartitionId{1, 0}, PartitionId{1, 1}})
      while (engine->views().position(id).value < written)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    engine->drain();
    while (!engine->drained()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(engine->close());
  }

  SystemClock clock_;
  std::unique_ptr<Catalog> catalog_ = std::move(*Catalog::load(domains()));
  Config config_;
  MemoryLog memory_{log_topology({{"redemptions", 2}})};
  UnreadableLog log_{memory_};
  std::string notes_;
};

TEST_F(PatientStart, AsksAgainUntilTheLogCanBeReadAndKeepsItsViews) {
  log_.away = written;
  std::vector<std::string> waits;
  const auto opened = open([&](const Fault& why) {
    waits.push_back(why.detail);
    if (waits.size() == 3) log_.away.reset();
    return true;
  });
  ASSERT_TRUE(opened.has_value()) << opened.error().detail;
  EXPECT_EQ(waits, std::vector<std::string>(3, "was not to be had in time"));
  EXPECT_EQ(notes_, "") << "nothing was discarded";
  EXPECT_EQ((*opened)->views().position({1, 0}).value, written);
  EXPECT_EQ((*opened)->views().position({1, 1}).value, written);
}

TEST_F(PatientStart, EndsWithTheFaultWhenItIsNotToWait) {
  log_.away = written;
  int waits = 0;
  const auto opened = open([&](const Fault&) { return ++waits < 4; });
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, "kafka_unreachable");
  EXPECT_EQ(waits, 4);
}

TEST_F(PatientStart, WaitsForNothingThatAskingAgainDoesNotMend) {
  log_.rotten = written;
  int waits = 0;
  const auto opened = open([&](const Fault&) { return ++waits < 4; });
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, "log_rot");
  EXPECT_EQ(waits, 0);
}

/// Its log is a pipe, its door is closed.
class StartWaits : public testing::Test {
 protected:
  struct Pipe {
    Pipe() { EXPECT_EQ(pipe2(ends, O_NONBLOCK), 0); }
    ~Pipe() {
      for (const int end : ends) close(end);
    }
    int ends[2];
  };
  /// How often the lines written since the last time say it.
  std::size_t said(const std::string& what) {
    char text[8192];
    const ssize_t got = read(pipe_.ends[0], text, sizeof text);
    const std::string lines(text, got < 0 ? 0 : static_cast<std::size_t>(got));
    std::size_t count = 0;
    for (std::size_t at = 0; (at = lines.find(what, at)) != std::string::npos; ++at) ++count;
    return count;
  }

  Pipe pipe_;
  VirtualClock clock_;
  JsonLog log_{pipe_.ends[1], LogLevel::info, clock_};
  bool ends_ = false;
  StartWait wait_{HostPort{"127.0.0.1", 0}, clock_, log_, [this](int64_t ns) {
                    clock_.advance_ns(ns);
                    return ends_;
                  }};
};

TEST_F(StartWaits, TellsTheSameReasonAgainOnlyAfterAWhile) {
  for (int tries = 0; tries < 100; ++tries) EXPECT_TRUE(wait_.tries_again("no broker"));
  EXPECT_EQ(said("waiting for Kafka: no broker"), 5u) << "half a second each, told every ten";
  EXPECT_TRUE(wait_.tries_again("another reason"));
  EXPECT_EQ(said("waiting for Kafka: another reason"), 1u) << "what is new is told at once";
}

TEST_F(StartWaits, EndsForGoodWhenItIsToldTo) {
  EXPECT_TRUE(wait_.goes_on());
  ends_ = true;
  EXPECT_FALSE(wait_.tries_again("no broker"));
  ends_ = false;  // a signal comes once
  EXPECT_FALSE(wait_.goes_on());
  EXPECT_FALSE(wait_.tries_again("no broker"));
  EXPECT_TRUE(wait_.told_to_end());
}

}  // namespace
}  // namespace spate
