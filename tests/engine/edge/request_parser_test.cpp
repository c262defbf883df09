// Framing: a corpus of requests that are good, garbage, or two requests to two readers.
#include "engine/edge/request_parser.hpp"

#include <gtest/gtest.h>

#include <random>

namespace spate::edge {
namespace {

using State = RequestParser::State;

const EdgeLimits parser_limits;

/// Status of the fault, or 0 when the text holds a whole good request.
int verdict(const std::string& text) {
  RequestParser parser(parser_limits);
  const State state = parser.parse(text);
  if (state == State::done) return 0;
  return state == State::fault ? parser.fault().status : -1;
}

const std::string get = "GET / HTTP/1.1\r\n";
const std::string host = "Host: a\r\n";
const std::string nul(1, 0);

TEST(RequestParser, ReadsAPlainRequest) {
  RequestParser parser(parser_limits);
  const std::string text =
      "POST /v1/a%20b?x=1&y HTTP/1.1\r\nHost: a:80\r\nX-Empty:\r\nX-Pad: \t v \t\r\n"
      "Content-Length: 2\r\n\r\n{}GET";
  ASSERT_EQ(parser.parse(text), State::done);
  const Request& r = parser.request();
  EXPECT_EQ(r.method, "POST");
  EXPECT_EQ(r.path, "/v1/a%20b");
  EXPECT_EQ(r.query, "x=1&y");
  EXPECT_EQ(r.find("x-EMPTY")->value, "");
  EXPECT_EQ(r.find("X-Pad")->value, "v");
  EXPECT_EQ(r.body, "{}");
  EXPECT_TRUE(r.keep_alive);
  EXPECT_EQ(text.substr(parser.consumed()), "GET") << "what follows is the next request's";
}

TEST(RequestParser, ReadsChunkedBodies) {
  RequestParser parser(parser_limits);
  ASSERT_EQ(parser.parse("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "3\r\nabc\r\n0a;name=\"v\"\r\n0123456789\r\n0\r\n\r\n"),
            State::done);
  EXPECT_EQ(parser.request().body, "abc0123456789");
}

struct Case {
  const char* why;
  std::string text;
  int status;
};

const Case corpus[] = {
    {"good", get + host + "\r\n", 0},
    {"good 1.0", "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", 0},
    {"absolute form", "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 0},
    {"unknown method is no framing matter", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 0},

    {"first byte starts no method", "\x16\x03\x01", 400},
    {"first byte is CR", "\r\n" + get + host + "\r\n", 400},
    {"first byte is a space", " GET", 400},
    {"lower-case method", "g", 400},
    {"HTTP/0.9", "GET /\r\n", 400},
    {"method too long", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 400},
    {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"tab for space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"trailing space", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"raw UTF-8 in target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"NUL in target", std::string("GET /") + nul + " HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"relative target", "GET v1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"foreign authority", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"CONNECT authority", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"version 1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    {"version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"version 2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},

    {"no host", get + "\r\n", 400},
    {"no host in 1.0", "GET / HTTP/1.0\r\n\r\n", 400},
    {"two hosts", get + host + host + "\r\n", 400},
    {"two different hosts", get + host + "hOST: b\r\n\r\n", 400},
    {"host with a comma", get + "Host: a, b\r\n\r\n", 400},
    {"host with a path", get + "Host: a/b\r\n\r\n", 400},

    {"bare LF after request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
    {"bare LF in headers", get + "Host: a\nX: y\r\n\r\n", 400},
    {"bare LF at the end", get + host + "\n", 400},
    {"bare CR in value", get + "Host: a\rX: y\r\n\r\n", 400},
    {"CR CR LF", get + "Host: a\r\r\n\r\n", 400},
    {"bare CR in request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"obs-fold", get + host + "X: a\r\n b\r\n\r\n", 400},
    {"obs-fold with tab", get + host + "X: a\r\n\tb\r\n\r\n", 400},
    {"first header folded", get + " Host: a\r\n\r\n", 400},
    {"space before colon", get + "Host : a\r\n\r\n", 400},
    {"no colon", get + host + "X\r\n\r\n", 400},
    {"empty name", get + host + ": x\r\n\r\n", 400},
    {"space in name", get + host + "X Y: z\r\n\r\n", 400},
    {"NUL in value", get + host + "X: a" + nul + "b\r\n\r\n", 400},
    {"control in value", get + host + "X: a\x01\r\n\r\n", 400},
    {"DEL in value", get + host + "X: a\x7f\r\n\r\n", 400},

    {"two lengths", get + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400},
    {"two equal lengths", get + host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
    {"a list of lengths", get + host + "Content-Length: 1, 1\r\n\r\nx", 400},
    {"signed length", get + host + "Content-Length: +1\r\n\r\nx", 400},
    {"negative length", get + host + "Content-Length: -1\r\n\r\nx", 400},
    {"hex length", get + host + "Content-Length: 0x1\r\n\r\nx", 400},
    {"length with a space", get + host + "Content-Length: 1 1\r\n\r\nx", 400},
    {"length with a fraction", get + host + "Content-Length: 1.0\r\n\r\nx", 400},
    {"empty length", get + host + "Content-Length:\r\n\r\n", 400},
    {"length beyond 64 bits", get + host + "Content-Length: 99999999999999999999999\r\n\r\n", 413},
    {"length beyond the limit", get + host + "Content-Length: 1048577\r\n\r\n", 413},
    {"length of a batch", "POST /v1/batch HTTP/1.1\r\nHost: a\r\nContent-Length: 8388609\r\n\r\n",
     413},
    {"length within a batch's limit",
     "POST /v1/batch HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", -1},

    {"length and encoding",
     get + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"encoding and length",
     get + host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
    {"gzip", get + host + "Transfer-Encoding: gzip\r\n\r\n", 400},
    {"gzip, chunked", get + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked, identity", get + host + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
     400},
    {"chunked twice",
     get + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"xchunked", get + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
    {"quoted chunked", get + host + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400},
    {"vertical tab",
     get + host +
         "Transfer-Encoding:\x0b"
         "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"empty encoding", get + host + "Transfer-Encoding:\r\n\r\n", 400},
    {"encoding in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"unknown expectation", get + host + "Expect: tea\r\n\r\n", 417},
};

TEST(RequestParser, JudgesTheCorpus) {
  for (const Case& c : corpus) EXPECT_EQ(verdict(c.text), c.status) << c.why;
}

TEST(RequestParser, RefusesBrokenChunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(verdict(head + "0\r\n\r\n"), 0);
  const std::pair<const char*, const char*> broken[] = {
      {"trailer", "0\r\nX: y\r\n\r\n"},
      {"no size", "\r\nabc\r\n"},
      {"sign", "+3\r\nabc\r\n"},
      {"negative", "-3\r\nabc\r\n"},
      {"0x", "0x3\r\nabc\r\n"},
      {"space", " 3\r\nabc\r\n"},
      {"space behind", "3 \r\nabc\r\n"},
      {"bare LF after size", "3\nabc\r\n"},
      {"bare LF after data", "3\r\nabc\n"},
      {"too long for its size", "3\r\nabcd\r\n"},
      {"nine digits", "000000003\r\nabc\r\n"},
      {"bare CR in extension", "3;a\rb\r\nabc\r\n"},
      {"control in extension", "3;\x01\r\nabc\r\n"},
      {"end without CR", "0\r\n\n"},
      {"no CRLF after data", "3\r\nabcX"}};
  for (const auto& [why, chunks] : broken) EXPECT_EQ(verdict(head + chunks), 400) << why;
  EXPECT_EQ(verdict(head + "100001\r\n"), 413) << "from the size alone";
}

TEST(RequestParser, BoundsTheHead) {
  EXPECT_EQ(verdict("GET /" + std::string(20'000, 'a')), 414);
  EXPECT_EQ(verdict(get + host + "X: " + std::string(20'000, 'a')), 431);
  EXPECT_EQ(verdict(get + host + "X: " + std::string(16'384, 'a') + "\r\n\r\n"), 431);
  std::string many = get + host;
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  EXPECT_EQ(verdict(many + "\r\n"), 431);
}

TEST(RequestParser, GivesTheSameVerdictHoweverTheBytesArrive) {
  for (const Case& c : corpus) {
    RequestParser parser(parser_limits);
    State state = State::head;
    std::string arrived;
    for (std::size_t i = 0; i < c.text.size() && state != State::done && state != State::fault;
         ++i) {
      arrived = c.text.substr(0, i + 1);  // other memory every time
      state = parser.parse(arrived);
    }
    const int status = state == State::done    ? 0
                       : state == State::fault ? parser.fault().status
                                               : -1;
    EXPECT_EQ(status, c.status) << c.why;
  }
}

TEST(RequestParser, SurvivesMutatedRequests) {
  std::mt19937 random(1);
  for (const Case& c : corpus) {
    for (int round = 0; round < 200; ++round) {
      std::string text = c.text;
      for (int n = 0; n < 3; ++n) {
        const std::size_t at = random() % text.size();
        if (random() % 2)
          text[at] = static_cast<char>(random());
        else
          text.insert(at, 1, "\r\n :;0"[random() % 6]);
      }
      RequestParser parser(parser_limits);
      if (parser.parse(text) == State::done) {
        EXPECT_LE(parser.consumed(), text.size());
        EXPECT_EQ(parser.request().count("Host"), 1u) << text;
      }
    }
  }
}

TEST(RequestParser, KnowsWhoWantsToContinue) {
  RequestParser parser(parser_limits);
  EXPECT_EQ(parser.parse(get + host + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"),
            State::body);
  EXPECT_TRUE(parser.expects_continue());
  parser.reset();
  EXPECT_EQ(parser.parse(get + host + "Connection: close\r\n\r\n"), State::done);
  EXPECT_FALSE(parser.expects_continue());
  EXPECT_FALSE(parser.request().keep_alive);
}

TEST(RequestParser, ClosesForWhoeverAsksForItWhateverElseIsAsked) {
  for (const char* lines : {"Connection: close\r\nConnection: keep-alive\r\n",
                            "Connection: keep-alive\r\nConnection: close\r\n",
                            "Connection: keep-alive, close\r\n"}) {
    RequestParser parser(parser_limits);
    ASSERT_EQ(parser.parse(get + host + lines + "\r\n"), State::done);
    EXPECT_FALSE(parser.request().keep_alive) << lines;
  }
  RequestParser parser(parser_limits);
  ASSERT_EQ(parser.parse("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"),
            State::done);
  EXPECT_TRUE(parser.request().keep_alive);
}

}  // namespace
}  // namespace spate::edge
