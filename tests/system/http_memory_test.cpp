// Every queue of the door, filled from outside: bodies half sent, answers nobody takes, pipelines.
#include <gtest/gtest.h>

#include "engine/base/position.hpp"
#include "tests/system/http_kit.hpp"

namespace spate::edge {
namespace {

using Connections = std::vector<std::unique_ptr<RawConnection>>;
constexpr std::size_t kib = 1 << 10, mib = 1 << 20;
constexpr int small_window = 4 << 10;
constexpr std::size_t kernel_takes_max = 16 * mib;  ///< of one connection, however it is tuned

/// What the server tells about itself, once a tick.
class Seen final : public EdgeObserver {
 public:
  void request(std::size_t, std::string_view, std::string_view, int, int64_t) override {
    ++requests;
  }
  void command(std::size_t, std::string_view, std::string_view, std::string_view,
               int64_t) override {}
  void load(std::size_t, std::size_t, std::size_t, std::size_t held_bytes) override {
    held = held_bytes;
    held_most = std::max<std::size_t>(held_most, held_bytes);
    ++ticks;
  }
  void shed(std::size_t, std::size_t connections) override { ended += connections; }

  /// Some ticks pass, so that what was sent before is counted.
  void pass(int count = 3) const {
    for (const int until = ticks + count; ticks < until;) std::this_thread::yield();
  }

  std::atomic<int> ticks{0};
  std::atomic<std::size_t> requests{0}, held{0}, held_most{0}, ended{0};
};

class HttpMemory : public testing::Test {
 public:
  HttpMemory() { limits.tick_ms = 10; }

  HttpKit& kit() {
    if (!made) made = std::make_unique<HttpKit>(limits, [this](EdgeContext& context) {
      context.observer = &seen;
      context.openapi_json = [this] { return std::string(answer_bytes, 'x'); };
    });
    return *made;
  }
  RawConnection& connect(int receives = 0) {
    all.push_back(std::make_unique<RawConnection>(kit().port(), receives));
    return *all.back();
  }
  int status(const std::string& request) {
    RawConnection c(kit().port());
    c.send(request);
    return c.status();
  }
  static std::string times(std::size_t n, const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += text;
    return out;
  }

  EdgeLimits limits;
  Seen seen;
  std::size_t answer_bytes = mib;
  std::unique_ptr<HttpKit> made;
  Connections all;
  const std::string large = request_text("GET", "/openapi.json");
  const std::string open = request_text("POST", "/v1/redemptions/c/open", R"({"stock":5})");
};

std::string head_of(std::string_view path, std::size_t body_bytes) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nContent-Length: " +
         std::to_string(body_bytes) + "\r\n\r\n";
}

TEST_F(HttpMemory, IsNotFilledByBodiesHalfSent) {
  limits.held_bytes_max = mib;
  std::size_t refused = 0, waiting = 0;
  for (int i = 0; i < 30; ++i) {
    RawConnection& c = connect();
    c.send(head_of("/v1/batch", 200 * kib) + std::string(100 * kib, ' '));
    EXPECT_EQ(status(open), i == 0 ? 200 : 409) << "what fits the first buffer is always taken";
    seen.pass();
    const std::string answer = c.has_more() ? c.answer() : std::string();
    if (answer.empty()) {
      ++waiting;
      continue;
    }
    ++refused;
    EXPECT_EQ(RawConnection::status_of(answer), 503) << answer;
    for (const char* part : {R"("code":"overloaded")", R"("taken":"no")", "Retry-After: 1"})
      EXPECT_NE(answer.find(part), std::string::npos) << answer;
  }
  EXPECT_GE(waiting, 3u) << "there is room for some";
  EXPECT_GE(refused, 15u);
  EXPECT_LE(seen.held_most, limits.held_bytes_max);
  all.clear();
  seen.pass();
  EXPECT_LT(seen.held, 16 * kib) << "everything was given back";
  EXPECT_EQ(status(head_of("/v1/batch", 200 * kib) + std::string(200 * kib, '\n')), 413)
      << "more lines than a batch may have, but read to its end";
}

TEST_F(HttpMemory, HasRoomForOneWholeBatchHoweverItComes) {
  limits.held_bytes_max = EdgeLimits::held_bodies * limits.batch_bytes_max;
  std::string batch;
  for (int i = 0; i < 10'000; ++i) {
    batch += R"({"domain":"redemptions","stream":"c)" + std::to_string(i % 50) +
             R"(","command":"redeem","body":{"claimant":"p"}})";
    batch.append(i / 9'999 + (i + 1) * (limits.batch_bytes_max / 10'000) - batch.size() - 1, ' ');
    batch += '\n';
  }
  ASSERT_LE(batch.size(), limits.batch_bytes_max);
  ASSERT_GT(batch.size(), limits.batch_bytes_max - 10 * kib);
  RawConnection& plain = connect();
  plain.send(head_of("/v1/batch", batch.size()) + batch);
  const std::string answer = plain.answer();
  EXPECT_EQ(RawConnection::status_of(answer), 200) << answer.substr(0, 500);
  EXPECT_NE(answer.find("{\"line\":10000,"), std::string::npos);
  RawConnection& chunked = connect();
  chunked.send(
      "POST /v1/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  for (std::size_t at = 0; at < batch.size(); at += 4 * kib) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", std::min(4 * kib, batch.size() - at));
    ASSERT_TRUE(chunked.send(size + batch.substr(at, 4 * kib) + "\r\n"));
  }
  chunked.send("0\r\n\r\n");
  const std::string second = chunked.answer();
  EXPECT_EQ(RawConnection::status_of(second), 200) << second.substr(0, 800);
  EXPECT_EQ(seen.ended, 0u);
}

TEST_F(HttpMemory, IsNotFilledByAnswersThatNobodyTakes) {
  limits.held_bytes_max = 8 * mib;
  for (int i = 0; i < 40; ++i) {
    connect(small_window).send(times(12, large));
    EXPECT_EQ(status(open), i == 0 ? 200 : 409) << "others are served all the while";
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status(large), 200) << "large answers, too";
  seen.pass();
  EXPECT_GT(seen.ended, 10u);
  EXPECT_LE(seen.held_most, limits.held_bytes_max);
}

TEST_F(HttpMemory, OfAConnectionEndsItsReadingWhenAnswersAreNotTaken) {
  constexpr std::size_t asked = 100;
  limits.held_bytes_max = 64 * mib;
  RawConnection& c = connect(small_window);
  c.send(times(asked, large));
  for (std::size_t before = 0; before != seen.requests || before == 0;) {
    before = seen.requests;
    seen.pass(30);
  }
  EXPECT_LT(seen.requests * answer_bytes, kernel_takes_max + 2 * mib) << "unsent_bytes_max";
  EXPECT_LT(seen.held, 4 * mib);
  for (std::size_t i = 0; i < asked; ++i)
    EXPECT_EQ(c.answer().size() > answer_bytes, true) << "they wait, none is lost: " << i;
  EXPECT_EQ(seen.requests, asked);
}

TEST_F(HttpMemory, OfAConnectionIsBoundedByItsPipeline) {
  limits.pipeline_requests_max = 4;
  limits.waiting_reads_max = 4;
  limits.wait_ms_default = 30;
  const std::string far = to_token(Position{1, {{PartitionId{1, 0}, {99}}}});
  const std::string waits = request_text("GET", "/v1/coupons/c", {}, "Spate-Position: " + far +
                                                                         "\r\n");
  const auto codes = [&](std::size_t pipeline) {
    limits.pipeline_requests_max = pipeline;
    made.reset();
    RawConnection c(kit().port());
    c.send(times(10, waits));
    std::string found;
    for (int i = 0; i < 10; ++i) found += c.answer();
    return found;
  };
  const std::string bounded = codes(4);
  EXPECT_EQ(bounded.find("waiting_reads_max"), std::string::npos)
      << "never more than four at once: " << bounded;
  EXPECT_NE(codes(5).find("waiting_reads_max"), std::string::npos);
}

TEST_F(HttpMemory, IsNotSpentOnThoseWhoSendOnBehindAFault) {
  limits.linger_ms_max = 60'000;
  limits.linger_bytes_max = 64 * kib;
  RawConnection& c = connect();
  c.send("garbage\r\n\r\n");
  EXPECT_EQ(c.status(), 400);
  const std::string more(64 * kib, 'x');
  std::size_t sent = 0;
  while (sent < 4 * kernel_takes_max && c.send(more)) sent += more.size();
  EXPECT_LT(sent, 4 * kernel_takes_max) << "linger_bytes_max: the connection ends";
}

TEST_F(HttpMemory, IsNotKeptForThoseWhoStayBehindAFault) {
  limits.linger_ms_max = 50;
  RawConnection& c = connect();
  c.send("garbage\r\n\r\n");
  EXPECT_EQ(c.status(), 400);
  bool ended = false;
  for (int i = 0; i < 1000 && !ended; ++i) {
    seen.pass(2);
    ended = !c.send("x");
  }
  EXPECT_TRUE(ended) << "linger_ms_max";
}

}  // namespace
}  // namespace spate::edge
