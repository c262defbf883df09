// The server over real sockets: order, keep-alive, framing faults, time-outs, ends of connections.
#include <gtest/gtest.h>

#include <latch>

#include "tests/system/http_kit.hpp"

namespace spate::edge {
namespace {

const std::string livez = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  HttpKit kit;
  RawConnection c(kit.port());
  std::string all = request_text("POST", "/v1/redemptions/c/open", R"({"stock":100})");
  for (int i = 0; i < 150; ++i)  // more than a connection may have unanswered
    all += request_text("POST", "/v1/redemptions/c/redeem",
                        R"({"claimant":"p)" + std::to_string(i) + "\"}") +
           livez;
  ASSERT_TRUE(c.send(all));
  EXPECT_EQ(c.status(), 200);
  for (int i = 0; i < 150; ++i) {
    const std::string redeemed = c.answer();
    if (i < 100)
      EXPECT_TRUE(has(redeemed, R"("serial":)" + std::to_string(i + 1) + "}")) << redeemed;
    else
      EXPECT_TRUE(has(redeemed, "sold_out")) << redeemed;
    EXPECT_TRUE(has(c.answer(), "\r\n\r\nok\n"));
  }
}

TEST(HttpServer, KeepsAConnectionUntilItIsAskedToClose) {
  HttpKit kit;
  RawConnection c(kit.port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(c.send(livez));
    EXPECT_FALSE(has(c.answer(), "Connection: close"));
  }
  c.send("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + livez);
  EXPECT_TRUE(has(c.answer(), "Connection: close"));
  EXPECT_TRUE(c.ended()) << "what came behind it is not answered";

  RawConnection old(kit.port());
  old.send("GET /livez HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_EQ(old.status(), 200);
  EXPECT_TRUE(old.ended()) << "HTTP/1.0 closes unless asked to stay";
  RawConnection stays(kit.port());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(stays.send("GET /livez HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_TRUE(has(stays.answer(), "Connection: keep-alive")) << "else it would wait for the end";
  }
}

TEST(HttpServer, AnswersGarbageWith400AndClosesInGoodOrder) {
  HttpKit kit;
  const std::pair<std::string, int> garbage[] = {
      {"\x16\x03\x01\x02", 400},
      {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
      {"POST /v1/redemptions/c/open HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
       400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\nab", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", 400},
      {"GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n", 414},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n", 431}};
  for (const auto& [text, status] : garbage) {
    RawConnection c(kit.port());
    c.send(text + livez + livez);  // nothing behind a framing fault may be taken for a request
    const std::string answer = c.answer();
    EXPECT_EQ(RawConnection::status_of(answer), status) << text;
    EXPECT_TRUE(has(answer, "Connection: close") && has(answer, "application/problem+json"))
        << answer;
    c.finish_sending();
    EXPECT_TRUE(c.ended()) << text;
    EXPECT_FALSE(c.was_reset()) << text;
  }
}

TEST(HttpServer, AnswersWhatCameBeforeTheGarbage) {
  HttpKit kit;
  RawConnection c(kit.port());
  c.send(request_text("POST", "/v1/redemptions/c/open", R"({"stock":1})") + livez + "\x01");
  EXPECT_EQ(c.status(), 200);
  EXPECT_EQ(c.status(), 200);
  EXPECT_EQ(c.status(), 400);
}

TEST(HttpServer, Decides413FromTheHeaderAloneAndItsAnswerArrives) {
  HttpKit kit;
  RawConnection c(kit.port());
  c.send("POST /v1/redemptions/c/open HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
  EXPECT_EQ(c.status(), 413) << "before the body";
  RawConnection eager(kit.port());
  eager.send("POST /v1/redemptions/c/open HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n" +
             std::string(200'000, 'x'));
  EXPECT_EQ(eager.status(), 413);
  eager.finish_sending();
  EXPECT_TRUE(eager.ended());
  EXPECT_FALSE(eager.was_reset()) << "the body was read, so the answer is not reset away";
}

TEST(HttpServer, SaysContinueToThoseWhoWaitForIt) {
  HttpKit kit;
  RawConnection c(kit.port());
  c.send(
      "POST /v1/redemptions/c/open HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(c.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  c.send(R"({"stock":1})");
  EXPECT_EQ(c.status(), 200);
  RawConnection big(kit.port());
  big.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
  EXPECT_EQ(big.status(), 413) << "not asked for what would be refused";
}

TEST(HttpServer, TakesChunkedBodiesPieceByPiece) {
  HttpKit kit;
  RawConnection c(kit.port());
  const std::string text =
      "POST /v1/redemptions/c/open HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"sto\r\n6\r\nck\":1}\r\n0\r\n\r\n";
  for (char byte : text) ASSERT_TRUE(c.send({&byte, 1}));
  EXPECT_EQ(c.status(), 200);
}

TEST(HttpServer, KnowsTheLimitOfAChunkedBatchHoweverItsBytesMove) {
  EdgeLimits limits;
  limits.body_bytes_max = 10'000;  // of a single command; a batch may have more
  HttpKit kit(limits);
  RawConnection c(kit.port());
  const std::string line =
      R"({"domain":"redemptions","stream":"c","command":"open","body":{"stock":1}})"
      "\n";
  ASSERT_EQ(line.size(), 0x4au);
  c.send(
      "POST /v1/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(c.send("4a\r\n" + line + "\r\n"));
  c.send("0\r\n\r\n");
  const std::string answer = c.answer();
  EXPECT_EQ(RawConnection::status_of(answer), 200) << answer.substr(0, 500);
  EXPECT_TRUE(has(answer, "{\"line\":2000,"));
}

TEST(HttpServer, AnswersHeadWithTheLengthAndNoBody) {
  HttpKit kit;
  RawConnection c(kit.port());
  c.send(request_text("GET", "/v1") + request_text("HEAD", "/v1") + livez);
  const std::string get = c.answer();
  const std::string head = c.answer(false);
  EXPECT_EQ(head, get.substr(0, get.find("\r\n\r\n") + 4));
  EXPECT_TRUE(has(c.answer(), "ok\n"));
}

TEST(HttpServer, AnswersThoseWhoSendNoMore) {
  HttpKit kit;
  RawConnection c(kit.port());
  c.send(request_text("POST", "/v1/redemptions/c/open", R"({"stock":1})"));
  c.finish_sending();
  EXPECT_EQ(c.status(), 200);
  EXPECT_TRUE(c.ended());
}

TEST(HttpServer, EndsSlowAndIdleConnections) {
  EdgeLimits limits;
  limits.head_ms_max = limits.request_ms_max = limits.idle_ms_max = 200;
  limits.tick_ms = 20;
  HttpKit kit(limits);
  RawConnection slow_head(kit.port()), slow_body(kit.port()), idle(kit.port()), silent(kit.port());
  slow_head.send("GET / HTTP/1.1\r\nHo");
  slow_body.send("POST /v1/redemptions/c/open HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{");
  idle.send(livez);
  EXPECT_EQ(idle.status(), 200);
  EXPECT_EQ(slow_head.status(), 408);
  EXPECT_EQ(slow_body.status(), 408);
  EXPECT_TRUE(idle.ended());
  EXPECT_TRUE(silent.ended());
}

TEST(HttpServer, DropsThoseWhoDoNotReadTheirAnswers) {
  EdgeLimits limits;
  limits.write_ms_max = 200;
  limits.tick_ms = 20;
  HttpKit kit(limits);
  RawConnection c(kit.port());
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += request_text("GET", "/v1");
  while (c.send(many)) {  // until the server has enough of it
  }
  RawConnection other(kit.port());
  other.send(livez);
  EXPECT_EQ(other.status(), 200);
}

TEST(HttpServer, ReadsNobodyBeyondTheCreditAndForgetsNobody) {
  EdgeLimits limits;
  limits.in_flight_commands_max = 10;
  HttpKit kit(limits);
  kit.hold(true);
  std::vector<std::unique_ptr<RawConnection>> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back(std::make_unique<RawConnection>(kit.port()));
    all.back()->send(
        request_text("POST", "/v1/redemptions/c" + std::to_string(i) + "/open", R"({"stock":1})"));
  }
  kit.hold(false);
  for (auto& c : all) EXPECT_EQ(c->status(), 200) << "late, but never 503";
}

TEST(HttpServer, GoesOnWithPipelinedRequestsBeyondTheCredit) {
  EdgeLimits limits;
  limits.in_flight_commands_max = 1;
  HttpKit kit(limits);
  kit.hold(true);
  RawConnection c(kit.port());
  c.send(request_text("POST", "/v1/redemptions/c/open", R"({"stock":1})") +
         request_text("GET", "/v1") + request_text("POST", "/v1/redemptions/c/close") +
         request_text("GET", "/v1"));
  RawConnection probe(kit.port());
  probe.send(livez);
  EXPECT_EQ(probe.status(), 200) << "so what came before it was read";
  kit.hold(false);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(c.status(), 200) << i;
}

TEST(HttpServer, DrainsByFinishingWhatWasTaken) {
  HttpKit kit;
  RawConnection idle(kit.port()), busy(kit.port());
  idle.send(livez);
  EXPECT_EQ(idle.status(), 200);
  kit.hold(true);
  busy.send(livez + request_text("POST", "/v1/redemptions/c/open", R"({"stock":1})"));
  EXPECT_EQ(busy.status(), 200) << "so the command behind it has been read too";
  kit.server().drain();
  EXPECT_TRUE(idle.ended());
  kit.hold(false);
  const std::string last = busy.answer();
  EXPECT_EQ(RawConnection::status_of(last), 200);
  EXPECT_TRUE(has(last, "Connection: close"));
  busy.finish_sending();
  EXPECT_TRUE(busy.ended());
}

TEST(HttpServer, EndsEachConnectionWithItsAnswersOnceItLeaves) {
  HttpKit kit;
  RawConnection known(kit.port());
  known.send(livez);
  EXPECT_FALSE(has(known.answer(), "Connection: close"));
  kit.server().leave();
  RawConnection later(kit.port());  // behind what was posted before, for one thread
  later.send(request_text("POST", "/v1/redemptions/c/open", R"({"stock":1})") + livez);
  const std::string decided = later.answer();
  EXPECT_EQ(RawConnection::status_of(decided), 200) << "taken as before";
  EXPECT_FALSE(has(decided, "Connection: close")) << "another answer is due";
  EXPECT_TRUE(has(later.answer(), "Connection: close"));
  known.send(livez);
  EXPECT_TRUE(has(known.answer(), "Connection: close"));
  for (RawConnection* c : {&known, &later}) {
    EXPECT_TRUE(c->ended());
    EXPECT_FALSE(c->was_reset());
  }
  RawConnection again(kit.port());
  again.send(livez);
  EXPECT_EQ(again.status(), 200);
}

TEST(HttpServer, DrainsByAnsweringWhoHasSentItsRequestAlready) {
  std::latch asked(1), go_on(1);
  HttpKit kit({}, [&](EdgeContext& context) {
    context.readiness = [&] {  // on the edge's thread, which reads nobody meanwhile
      asked.count_down();
      go_on.wait();
      return Probe{true, "ready\n"};
    };
  });
  RawConnection known(kit.port()), probe(kit.port());
  known.send(livez);
  EXPECT_EQ(known.status(), 200);
  probe.send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
  asked.wait();
  RawConnection unknown(kit.port());
  ASSERT_TRUE(unknown.connected()) << "by the kernel";
  unknown.send(livez);
  known.send(request_text("POST", "/v1/redemptions/c/open", R"({"stock":1})"));
  kit.server().drain();
  go_on.count_down();
  EXPECT_EQ(probe.status(), 200);
  EXPECT_EQ(unknown.status(), 200);
  const std::string refused = known.answer();
  EXPECT_EQ(RawConnection::status_of(refused), 503);
  EXPECT_TRUE(has(refused, "shutting_down") && has(refused, "Connection: close")) << refused;
  for (RawConnection* c : {&probe, &unknown, &known}) {
    EXPECT_TRUE(c->ended());
    EXPECT_FALSE(c->was_reset());
  }
}

TEST(HttpServer, RefusesAPortInUseAndAnOpenAddressWithoutAuthentication) {
  HttpKit kit;
  SystemClock clock;
  EngineKit engine(clock);
  const auto taken = Server::open(engine.context(clock), {"127.0.0.1", kit.port()});
  ASSERT_FALSE(taken.has_value());
  EXPECT_EQ(taken.error().code, "address_in_use");
  const auto open = Server::open(engine.context(clock), {"0.0.0.0", 0});
  ASSERT_FALSE(open.has_value());
  EXPECT_EQ(open.error().code, "address_not_loopback");
  EdgeContext dev = engine.context(clock);
  dev.insecure_dev = true;
  EXPECT_TRUE(Server::open(std::move(dev), {"0.0.0.0", 0}).has_value());
}

}  // namespace
}  // namespace spate::edge
