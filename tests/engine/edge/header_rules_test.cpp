// Tables of request headers: keys, preferences, versions, conditions.
#include "engine/edge/header_rules.hpp"

#include <gtest/gtest.h>

#include <set>

namespace spate::edge {
namespace {

const EdgeLimits limits;

Request with(std::vector<Header> headers) {
  Request request;
  request.headers = std::move(headers);
  return request;
}

std::string key_of(std::vector<Header> headers) {
  std::optional<std::string> key;
  if (read_idempotency_key(with(std::move(headers)), key)) return "400";
  return key.value_or("none");
}

TEST(IdempotencyKey, IsAQuotedStringOrBare) {
  EXPECT_EQ(key_of({}), "none");
  EXPECT_EQ(key_of({{"Idempotency-Key", "abc"}}), "abc");
  EXPECT_EQ(key_of({{"idempotency-key", "\"abc\""}}), "abc");
  EXPECT_EQ(key_of({{"Idempotency-Key", std::string(255, 'x')}}), std::string(255, 'x'));
}

TEST(IdempotencyKey, IsRefusedWhenItIsNone) {
  const std::string long_key(256, 'x');
  const std::vector<std::string_view> table{"",     "\"\"", "\"",  "a b", "a,b",      "a;b",
                                            "a\\b", "a\"b", "\"a", "a\"", "\xc3\xa4", long_key};
  for (std::string_view bad : table) EXPECT_EQ(key_of({{"Idempotency-Key", bad}}), "400") << bad;
  EXPECT_EQ(key_of({{"Idempotency-Key", "a"}, {"Idempotency-Key", "a"}}), "400");
}

TEST(IdempotencyKey, IsMintedSortableAndUnique) {
  std::set<std::string> keys;
  for (int i = 0; i < 1000; ++i)
    keys.insert(minted_key({1'700'000'000'000'000'000 + i * 1'000'000ll}));
  EXPECT_EQ(keys.size(), 1000u);
  EXPECT_LT(minted_key({1'000'000'000'000}), minted_key({2'000'000'000'000}));
  EXPECT_TRUE(std::string_view("89ab").find(keys.begin()->at(19)) != std::string_view::npos);
}

TEST(HttpDate, IsWrittenAsRfc9110Says) {
  EXPECT_EQ(http_date({784'111'777'999'999'999}), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date({0}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date({1'835'438'400'000'000'000}), "Tue, 29 Feb 2028 12:00:00 GMT");
}

std::string prefer(std::vector<Header> headers) {
  Preferences p;
  if (read_prefer(with(std::move(headers)), limits, p)) return "400";
  return std::string(p.respond_async ? "async " : "") +
         (p.wait_ms ? std::to_string(*p.wait_ms) : "-") + " [" + p.applied + "]";
}

TEST(Prefer, ReadsWaitAndRespondAsync) {
  EXPECT_EQ(prefer({}), "- []");
  EXPECT_EQ(prefer({{"Prefer", "wait=3"}}), "3000 [wait=3]");
  EXPECT_EQ(prefer({{"Prefer", "wait=03"}}), "3000 [wait=3]") << "digits, says RFC 7240";
  EXPECT_EQ(prefer({{"Prefer", "respond-async, wait=0"}}), "async 0 [respond-async, wait=0]");
  EXPECT_EQ(prefer({{"Prefer", "respond-async"}, {"Prefer", "WAIT=\"7\""}}),
            "async 7000 [respond-async, wait=7]");
  EXPECT_EQ(prefer({{"Prefer", "wait = 7 ; x"}}), "7000 [wait=7]") << "RFC 7240 §2: bad white space";
  EXPECT_EQ(prefer({{"Prefer", "wait=99999"}}), "30000 [wait=30]") << "bounded by the server";
  EXPECT_EQ(prefer({{"Prefer", "wait=99999999999999999999"}}), "30000 [wait=30]");
  EXPECT_EQ(prefer({{"Prefer", "return=minimal; x=1, handling=lenient"}}), "- []")
      << "unknown ones are ignored";
  EXPECT_EQ(prefer({{"Prefer", "x=\"a, wait=0; b\", wait=3"}}), "3000 [wait=3]")
      << "what is quoted is one value";
  EXPECT_EQ(prefer({{"Prefer", "x=\"\\\", respond-async\", wait=3"}}), "3000 [wait=3]")
      << "also with a quote in it";
  for (std::string_view bad :
       {"wait", "wait=", "wait=x", "wait=-1", "wait=1.5", "wait=1s", "wait=\"50", "wait=\"5", "wait=50\""})
    EXPECT_EQ(prefer({{"Prefer", bad}}), "400") << bad;
}

TEST(IfMatch, IsAQuotedVersion) {
  const auto version = [](std::string_view value) -> std::string {
    std::optional<uint64_t> v;
    if (read_if_match(with({{"If-Match", value}}), v)) return "400";
    return std::to_string(*v);
  };
  EXPECT_EQ(version("\"3\""), "3");
  EXPECT_EQ(version("\"0\""), "0");
  EXPECT_EQ(version("\"9007199254740991\""), "9007199254740991");
  for (const char* bad :
       {"3", "\"\"", "\"x\"", "*", "W/\"3\"", "\"3\", \"4\"", "\"-1\"", "\"+1\"", "",
        "\"9007199254740992\"", "\"18446744073709551615\"", "\"03\"", "\"00\""})
    EXPECT_EQ(version(bad), "400") << bad;
}

TEST(IfNoneMatch, ComparesWeakly) {
  const auto hits = [](std::string_view value) {
    return none_match_hits(with({{"If-None-Match", value}}), "\"e\"");
  };
  EXPECT_TRUE(hits("\"e\""));
  EXPECT_TRUE(hits("\"a\", W/\"e\""));
  EXPECT_TRUE(hits("*"));
  EXPECT_FALSE(hits("e"));
  EXPECT_FALSE(hits("\"a\""));
}

TEST(Position, IsJoinedFromAllHeaders) {
  const std::string a = to_token({7, {{{1, 0}, {5}}}});
  const std::string b = to_token({7, {{{1, 0}, {3}}, {{2, 1}, {9}}}});
  Position position;
  EXPECT_FALSE(read_position(with({{"Spate-Position", a}, {"Spate-Position", b}}), 7, position));
  EXPECT_EQ(to_token(position), to_token({7, {{{1, 0}, {5}}, {{2, 1}, {9}}}}));
  EXPECT_FALSE(read_position(with({{"Spate-Position", a + ", " + b}}), 7, position));
  EXPECT_EQ(position.parts.size(), 2u);
  EXPECT_EQ(read_position(with({{"Spate-Position", "garbage"}}), 7, position)->status, 400);
  EXPECT_EQ(read_position(with({{"Spate-Position", ""}}), 7, position)->status, 400);
  const auto other = read_position(with({{"Spate-Position", a}}), 8, position);
  EXPECT_EQ(other->status, 409);
  EXPECT_EQ(other->code, "position_unknown");
}

TEST(Trace, ReplacesAMalformedParent) {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(read_trace(with({{"traceparent", good}})).traceparent, good);
  EXPECT_EQ(read_trace(with({{"traceparent", good}})).trace_id(), good.substr(3, 32));
  EXPECT_EQ(read_trace(with({})).traceparent, "");
  for (const std::string& bad :
       {good + "-", std::string("00-") + std::string(32, '0') + good.substr(35),
        "ff" + good.substr(2), good.substr(0, 54), std::string("x")}) {
    const std::string fresh = read_trace(with({{"traceparent", bad}})).traceparent;
    EXPECT_EQ(fresh.size(), 55u) << bad;
    EXPECT_NE(fresh, bad);
  }
  EXPECT_EQ(read_trace(with({{"X-Request-Id", "a\tb"}})).request_id, "");
}

TEST(MediaType, IsOfABodyThatIsNotEncoded) {
  const auto check = [](const std::string& coding) {
    return check_media_type(
        with({{"Content-Type", "application/json"}, {"Content-Encoding", coding}}),
        "application/json", "curl");
  };
  ASSERT_TRUE(check("gzip"));
  EXPECT_EQ(check("gzip")->status, 415);
  EXPECT_NE(check("gzip")->detail.find("without that header"), std::string::npos);
  EXPECT_FALSE(check("identity"));
  EXPECT_FALSE(check("Identity"));
}

}  // namespace
}  // namespace spate::edge
