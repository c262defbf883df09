// JsonLog: lines that a collector can read, whatever is in them and whoever stops reading.
#include "engine/telemetry/json_log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace spate {
namespace {

class FixedClock final : public Clock {
 public:
  Instant wall() const override { return {1'700'000'000'000'000'042}; }
  int64_t monotonic_ns() const override { return 0; }
};

class JsonLogTest : public testing::Test {
 protected:
  JsonLogTest() { EXPECT_EQ(pipe(ends_), 0); }
  ~JsonLogTest() override {
    close(ends_[0]);
    close(ends_[1]);
  }
  /// All that was written so far; call once.
  std::string written() {
    close(ends_[1]);
    ends_[1] = -1;
    std::string text;
    char chunk[4096];
    for (ssize_t n; (n = read(ends_[0], chunk, sizeof chunk)) > 0;)
      text.append(chunk, static_cast<std::size_t>(n));
    return text;
  }
  int ends_[2];
  FixedClock clock_;
};

TEST_F(JsonLogTest, WritesOneObjectALine) {
  JsonLog log(ends_[1], LogLevel::info, clock_);
  log.write(LogLevel::info, "app", "ready", {{"partition", 3}, {"domain", "orders"}, {"slow", true}});
  log.step();
  EXPECT_EQ(written(),
            "{\"ts\":\"2023-11-14T22:13:20.000000042Z\",\"level\":\"info\",\"msg\":\"ready\","
            "\"logger\":\"app\",\"partition\":3,\"domain\":\"orders\",\"slow\":true}\n");
}

TEST_F(JsonLogTest, KnowsItsLevelsInSmallLettersAndCapitals) {
  LogLevel level = LogLevel::info;
  EXPECT_TRUE(from_text("WARN", level));
  EXPECT_EQ(level, LogLevel::warn);
  EXPECT_TRUE(from_text("error", level));
  EXPECT_EQ(level, LogLevel::error);
  for (const char* none : {"", "loud", "warning", "WARN "}) EXPECT_FALSE(from_text(none, level));
}

TEST_F(JsonLogTest, KeepsSilentBelowItsLevel) {
  JsonLog log(ends_[1], LogLevel::warn, clock_);
  log.write(LogLevel::info, "app", "not this");
  log.write(LogLevel::error, "app", "this");
  log.step();
  const std::string text = written();
  EXPECT_EQ(text.find("not this"), std::string::npos);
  EXPECT_NE(text.find("\"msg\":\"this\""), std::string::npos);
}

TEST_F(JsonLogTest, EscapesWhatWouldBreakALine) {
  JsonLog log(ends_[1], LogLevel::info, clock_);
  log.write(LogLevel::info, "app", "two\nlines \"quoted\"");
  log.step();
  const std::string text = written();
  EXPECT_NE(text.find("two\\nlines \\\"quoted\\\""), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(JsonLogTest, CutsLongTextsBetweenCharacters) {
  JsonLog log(ends_[1], LogLevel::info, clock_, {.text_bytes_max = 4});
  log.write(LogLevel::info, "app", "aaa\u00e4\u00e4\u00e4");
  log.step();
  EXPECT_NE(written().find("\"msg\":\"aaa\""), std::string::npos);
}

TEST_F(JsonLogTest, DropsAndCountsWhenNobodyWritesItOut) {
  JsonLog log(ends_[1], LogLevel::info, clock_, {.queued_bytes_max = 1000});
  for (int i = 0; i < 100; ++i) log.write(LogLevel::info, "app", "a line of some length");
  const uint64_t dropped = log.lines_dropped();
  EXPECT_GT(dropped, 80u);
  EXPECT_EQ(log.step(), Step::worked);
  EXPECT_EQ(log.step(), Step::worked);  // the line that tells of it
  EXPECT_EQ(log.step(), Step::idle);
  EXPECT_NE(written().find("\"lines\":" + std::to_string(dropped)), std::string::npos);
}

TEST_F(JsonLogTest, KeepsLinesOfManyThreadsWhole) {
  constexpr int each = 50, threads = 4;
  JsonLog log(ends_[1], LogLevel::info, clock_);
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t)
    writers.emplace_back([&] {
      for (int i = 0; i < each; ++i) log.write(LogLevel::info, "app", "line");
    });
  for (std::thread& writer : writers) writer.join();
  log.step();
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), each * threads);
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    EXPECT_EQ(text.compare(at, 7, "{\"ts\":\""), 0);
}

}  // namespace
}  // namespace spate
