// The client against the server: answers, keep-alive, faults.
#include "engine/edge/http_client.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/system/http_kit.hpp"

namespace spate::edge {
namespace {

ServerAddress at(uint16_t port) { return {"127.0.0.1", std::to_string(port)}; }

TEST(HttpClient, SendsCommandsAndReadsViewsOverOneConnection) {
  HttpKit kit;
  HttpClient client(at(kit.port()));
  const auto opened = client.post("/v1/redemptions/c/open", R"({"stock":3})", "k");
  ASSERT_TRUE(opened.has_value()) << opened.error().detail;
  EXPECT_EQ(opened->status, 200);
  const std::string* position = opened->header("spate-position");
  ASSERT_NE(position, nullptr);
  const auto view =
      client.request({"GET", "/v1/redemptions/c", {{"Spate-Position", *position}}, {}});
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->status, 200);
  EXPECT_NE(view->body.find(R"("stock":3)"), std::string::npos);
  const auto head = client.request({"HEAD", "/v1", {}, {}});
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->body, "");
}

TEST(HttpClient, SaysThatNobodyListens) {
  uint16_t port = 0;
  {
    HttpKit kit;
    port = kit.port();
  }
  HttpClient client(at(port));
  const auto nothing = client.get("/livez");
  ASSERT_FALSE(nothing.has_value());
  EXPECT_EQ(nothing.error().code, "server_unreachable");
  HttpClient nowhere({"no-such-host.invalid", "80"});
  EXPECT_EQ(nowhere.get("/").error().code, "server_unreachable");
}

TEST(HttpClient, SaysThatNoAnswerCameInTime) {
  HttpKit kit;
  kit.hold(true);
  ClientLimits limits;
  limits.request_ms_max = 200;
  HttpClient client(at(kit.port()), limits);
  const auto late = client.post("/v1/redemptions/c/open", R"({"stock":3})", "k");
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, "timed_out");
  kit.hold(false);
}

TEST(HttpClient, RepeatsSafelyWhatAnAgeingConnectionSwallowed) {
  EdgeLimits limits;
  limits.idle_ms_max = 50;
  limits.tick_ms = 10;
  HttpKit kit(limits);
  HttpClient client(at(kit.port()));
  ASSERT_TRUE(client.get("/livez").has_value());
  RawConnection witness(kit.port());  // as old as the client's: when it ends, so has that one
  EXPECT_TRUE(witness.ended());
  EXPECT_TRUE(client.get("/livez").has_value());
}

TEST(HttpConnections, KeepManyRequestsUnderWay) {
  HttpKit kit;
  ClientLimits limits;
  limits.connections_max = 16;
  HttpConnections connections(at(kit.port()), limits);
  std::set<std::string> bodies;
  connections.submit({"POST",
                      "/v1/redemptions/c/open",
                      {{"Content-Type", "application/json"}},
                      R"({"stock":500})"},
                     [&](Result<ClientResponse>&& r) { EXPECT_EQ(r.value().status, 200); });
  while (connections.unfinished() > 0) connections.run_for(100'000'000);
  for (int i = 0; i < 500; ++i)
    connections.submit({"POST",
                        "/v1/redemptions/c/redeem",
                        {{"Content-Type", "application/json"}},
                        R"({"claimant":"p)" + std::to_string(i) + "\"}"},
                       [&](Result<ClientResponse>&& r) {
                         EXPECT_EQ(r.value().status, 200);
                         bodies.insert(r.value().body);
                       });
  while (connections.unfinished() > 0) connections.run_for(100'000'000);
  EXPECT_EQ(bodies.size(), 500u);
}

TEST(ServerAddress, IsReadFromWhatPeopleWrite) {
  const auto read = [](std::string_view text) -> std::string {
    const auto a = parse_server_address(text);
    return a ? a->host + " " + a->port : a.error().code;
  };
  EXPECT_EQ(read("http://127.0.0.1:8080"), "127.0.0.1 8080");
  EXPECT_EQ(read("http://here/"), "here 80");
  EXPECT_EQ(read("here:99"), "here 99");
  EXPECT_EQ(read("http://[::1]:8080"), "::1 8080");
  EXPECT_EQ(read("here:65535"), "here 65535");
  for (const char* bad : {"", "http://", "here:", "here:x", "here:65536", "here:000000080", "https://here", "here/path", "a b"})
    EXPECT_EQ(read(bad), "server_address_invalid") << bad;
}

}  // namespace
}  // namespace spate::edge
