// The server at its limits: who is over them is answered at once, and probes are always answered.
#include <gtest/gtest.h>

#include "tests/system/http_kit.hpp"

namespace spate::edge {
namespace {

using Connections = std::vector<std::unique_ptr<RawConnection>>;

const std::string redeem =
    request_text("POST", "/v1/redemptions/c/redeem", R"({"claimant":"ann"})");

std::string get(uint16_t port, std::string_view path) {
  RawConnection c(port);
  c.send(request_text("GET", path));
  return c.answer();
}

EdgeLimits of_connections(std::size_t connections) {
  EdgeLimits limits;
  limits.connections_max = connections;
  return limits;
}

/// Connections that are open for sure: each was answered.
Connections filled(const HttpKit& kit, std::size_t count) {
  Connections all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(std::make_unique<RawConnection>(kit.port()));
    all.back()->send(request_text("GET", "/livez"));
    EXPECT_FALSE(has(all.back()->answer(), "Connection: close"));
  }
  return all;
}

TEST(HttpLimits, AreToldToAConnectionTooManyAtOnce) {
  HttpKit kit(of_connections(3));
  Connections all = filled(kit, 3);
  RawConnection over(kit.port());
  over.send(redeem);
  const std::string answer = over.answer();
  EXPECT_EQ(RawConnection::status_of(answer), 503) << answer;
  for (const char* part : {"Connection: close", "Retry-After: 1", R"("code":"overloaded")",
                           R"("taken":"no")", "connections_max"})
    EXPECT_TRUE(has(answer, part)) << part << "\n" << answer;
  over.finish_sending();
  EXPECT_TRUE(over.ended());
  RawConnection large(kit.port());
  large.send("POST /v1/batch HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_EQ(large.status(), 503) << "from the headers alone";
  for (auto& c : all) {
    c->send(request_text("GET", "/v1"));
    EXPECT_EQ(c->status(), 200) << "those within the limit notice nothing";
  }
}

TEST(HttpLimits, OfConnectionsLeaveRoomForProbesAndMetrics) {
  HttpKit kit(of_connections(2));
  const Connections all = filled(kit, 2);
  for (const char* path : {"/livez", "/readyz", "/readyz?verbose", "/health", "/startupz"}) {
    const std::string answer = get(kit.port(), path);
    EXPECT_EQ(RawConnection::status_of(answer), 200) << path << answer;
    EXPECT_TRUE(has(answer, "Connection: close")) << "its place is for the next one";
  }
  EXPECT_EQ(RawConnection::status_of(get(kit.port(), "/metrics")), 404) << "none in this kit";
  EXPECT_EQ(RawConnection::status_of(get(kit.port(), "/openapi.json")), 503);
}

TEST(HttpLimits, OfConnectionsAreNotHeldBySilentOnes) {
  EdgeLimits limits = of_connections(1);
  limits.spare_connections_max = 4;
  HttpKit kit(limits);
  const Connections one = filled(kit, 1);
  Connections silent;
  for (int i = 0; i < 40; ++i) silent.push_back(std::make_unique<RawConnection>(kit.port()));
  EXPECT_EQ(RawConnection::status_of(get(kit.port(), "/readyz")), 200);
  EXPECT_EQ(silent.front()->status(), 503) << "who came first makes room";
  EXPECT_TRUE(silent.front()->ended());
}

TEST(HttpLimits, OfConnectionsEndSilentOnesInTime) {
  EdgeLimits limits = of_connections(1);
  limits.spare_ms_max = 100;
  limits.tick_ms = 20;
  HttpKit kit(limits);
  const Connections one = filled(kit, 1);
  RawConnection silent(kit.port()), slow(kit.port());
  slow.send("GET /read");
  EXPECT_EQ(silent.status(), 503);
  EXPECT_EQ(slow.status(), 503);
}

TEST(HttpLimits, OfConnectionsEndWithTheConnections) {
  HttpKit kit(of_connections(1));
  filled(kit, 1);
  for (int attempt = 0; attempt < 1000; ++attempt) {  // until the server has seen the end
    RawConnection next(kit.port());
    next.send(request_text("GET", "/v1"));
    if (next.status() != 200) continue;
    next.send(request_text("GET", "/v1"));
    EXPECT_EQ(next.status(), 200) << "a connection like any other";
    return;
  }
  FAIL() << "the place of a connection that ended was never given out again";
}

TEST(HttpLimits, OfCommandsDoNotStopProbes) {
  EdgeLimits limits;
  limits.in_flight_commands_max = 1;
  HttpKit kit(limits);
  kit.hold(true);
  RawConnection first(kit.port()), second(kit.port());
  first.send(redeem + request_text("GET", "/v1"));
  second.send(redeem);
  for (const char* path : {"/livez", "/readyz?verbose", "/health", "/startupz"})
    EXPECT_EQ(RawConnection::status_of(get(kit.port(), path)), 200) << path;
  RawConnection kept(kit.port());
  for (int i = 0; i < 3; ++i) {
    kept.send(request_text("GET", "/livez"));
    EXPECT_EQ(kept.status(), 200) << "on a connection that stays, too";
  }
  kit.hold(false);
  EXPECT_EQ(first.status(), 409);
  EXPECT_EQ(second.status(), 409);
}

}  // namespace
}  // namespace spate::edge
