// Paths, methods and which fault wins, over the shipped domains.
#include "engine/edge/router.hpp"

#include <gtest/gtest.h>

#include "tests/engine/edge/desk_kit.hpp"

namespace spate::edge {
namespace {

struct Router : testing::Test {
  std::unique_ptr<Catalog> catalog = Catalog::load(domains()).value();

  /// `route template` or `status code [Allow]`.
  std::string route(std::string_view method, std::string_view path) {
    const auto resolved = resolve(*catalog, method, path);
    if (const auto* p = std::get_if<Problem>(&resolved))
      return std::to_string(p->status) + " " + std::string(p->code) +
             (p->allow.empty() ? "" : " " + p->allow);
    return std::string(route_name(std::get<Route>(resolved).resource));
  }
};

TEST_F(Router, FindsEveryResource) {
  EXPECT_EQ(route("GET", "/livez"), "/livez");
  EXPECT_EQ(route("GET", "/health"), "/readyz");
  EXPECT_EQ(route("GET", "/v1"), "/v1");
  EXPECT_EQ(route("POST", "/v1/batch"), "/v1/batch");
  EXPECT_EQ(route("HEAD", "/v1/redemptions"), "/v1/{domain}");
  EXPECT_EQ(route("GET", "/v1/redemptions/c"), "/v1/{domain}/{stream}");
  EXPECT_EQ(route("GET", "/v1/redemptions/c/claims"), "/v1/{domain}/{stream}/{view}");
  EXPECT_EQ(route("GET", "/v1/redemptions/c/claims/ann"), "/v1/{domain}/{stream}/{view}/{key}");
  EXPECT_EQ(route("GET", "/v1/orders/customers/ann"), "/v1/{domain}/{view}/{key}");
  EXPECT_EQ(route("GET", "/v1/orders/outcomes"), "/v1/{domain}/outcomes");
  EXPECT_EQ(route("GET", "/v1/orders/o-1/history"), "/v1/{domain}/{stream}/history");
  EXPECT_EQ(route("POST", "/v1/redemptions/c/redeem"), "/v1/{domain}/{stream}/{command}");
  EXPECT_EQ(route("GET", "/v1/redemptions/c/commands"), "/v1/{domain}/{stream}/commands");
  EXPECT_EQ(route("GET", "/v1/redemptions/c/commands/" + std::string(32, 'a')),
            "/v1/{domain}/{stream}/commands/{id}");
  EXPECT_EQ(route("GET", "/problems/redemptions/sold_out"), "/problems/{code}");
}

TEST_F(Router, Answers405WithAllow) {
  EXPECT_EQ(route("GET", "/v1/redemptions/c/redeem"), "405 method_not_allowed POST");
  EXPECT_EQ(route("DELETE", "/v1/redemptions/c/redeem"), "405 method_not_allowed POST");
  EXPECT_EQ(route("POST", "/v1/redemptions/c"), "405 method_not_allowed GET, HEAD");
  EXPECT_EQ(route("POST", "/v1/redemptions"), "405 method_not_allowed GET, HEAD");
  EXPECT_EQ(route("POST", "/v1/redemptions/c/claims"), "405 method_not_allowed GET, HEAD");
  EXPECT_EQ(route("PUT", "/v1/redemptions/c/claims/ann"), "405 method_not_allowed GET, HEAD");
  EXPECT_EQ(route("PUT", "/v1/orders/customers/ann"), "405 method_not_allowed GET, HEAD");
  EXPECT_EQ(route("POST", "/v1/redemptions/c/commands"), "405 method_not_allowed GET, HEAD");
  EXPECT_EQ(route("POST", "/v1/redemptions/c/history"), "405 method_not_allowed GET, HEAD");
  EXPECT_EQ(route("GET", "/v1/batch"), "405 method_not_allowed POST");
  EXPECT_EQ(route("POST", "/readyz"), "405 method_not_allowed GET, HEAD");
}

TEST_F(Router, SuggestsTheNearestView) {
  const auto detail = [&](std::string_view path) {
    return std::get<Problem>(resolve(*catalog, "GET", path)).detail;
  };
  EXPECT_TRUE(has(detail("/v1/redemptions/c/claim"), "did you mean 'claims'?"));
  EXPECT_TRUE(has(detail("/v1/orders/costumers/ann"), "did you mean 'customers'?"));
  EXPECT_TRUE(has(detail("/v1/orders/o-1/nothing"), "/v1/orders/customers/{key}"));
  EXPECT_TRUE(has(detail("/v1/redemptions/c/claims/a/b"), "no path 'v1/redemptions/c/claims/a/b'"));
  EXPECT_FALSE(has(detail("/v1/redemptions/c/claims/a/b"), "did you mean 'v1'"));
}

TEST_F(Router, Answers404BeforeItLooksAtTheMethod) {
  EXPECT_EQ(route("GET", "/"), "404 unknown_path");
  EXPECT_EQ(route("DELETE", "/v2"), "404 unknown_path");
  EXPECT_EQ(route("DELETE", "/v1/nothing"), "404 unknown_domain");
  EXPECT_EQ(route("POST", "/v1/nothing/c/redeem"), "404 unknown_domain");
  EXPECT_EQ(route("POST", "/v1/redemptions/c/redeeem"), "404 unknown_command");
  EXPECT_EQ(route("GET", "/v1/redemptions/c/claim"), "404 unknown_view");
  EXPECT_EQ(route("GET", "/v1/redemptions/c/claims/a/b"), "404 unknown_path");
}

TEST_F(Router, RefusesBadPathsBeforeAnythingElse) {
  for (const char* path :
       {"/v1/nothing/%zz", "/v1/redemptions/%2", "/v1/redemptions/a%2Fb", "/v1/redemptions/a%2fb",
        "/v1/redemptions/a%00", "/v1/redemptions/.", "/v1/redemptions/..", "/v1/redemptions/%2e%2E",
        "/v1/redemptions/%2e", "/v1//c", "/v1/redemptions/c/", "/v1/redemptions/%ff",
        "/v1/redemptions/a%20b", "/v1/redemptions/%C2%A0", "/v1/redemptions/a%0Ab",
        "/v1/nothing/a%20b/redeem", "/v1/redemptions/c/../d", "/v1/nothing/c/claims/a%20b"})
    EXPECT_EQ(route("DELETE", path), "400 malformed_request") << path;
  EXPECT_EQ(route("GET", "/v1/orders/customers/a%20b"), "400 malformed_request");
  EXPECT_EQ(route("GET", "/v1/redemptions/" + std::string(129, 'a')), "400 malformed_request");
  EXPECT_EQ(route("GET", "/v1/redemptions/" + std::string(128, 'a')), "/v1/{domain}/{stream}");
}

TEST_F(Router, ReservesLiteralSegments) {
  for (const char* word : {"commands", "outcomes", "customers", "students"})
    EXPECT_EQ(route("POST", "/v1/redemptions/" + std::string(word) + "/redeem"),
              "400 malformed_request");
  EXPECT_EQ(route("GET", "/v1/orders/customers"), "400 malformed_request");
}

TEST_F(Router, DecodesOnceAndKeepsThePlus) {
  const auto stream_of = [&](std::string_view path) {
    return std::get<Route>(resolve(*catalog, "GET", path)).stream;
  };
  EXPECT_EQ(stream_of("/v1/redemptions/a+b"), "a+b");
  EXPECT_EQ(stream_of("/v1/redemptions/a%2Bb"), "a+b");
  EXPECT_EQ(stream_of("/v1/redemptions/a%252Fb"), "a%2Fb");
  EXPECT_EQ(stream_of("/v1/redemptions/%C3%A4"), "\xc3\xa4");
  EXPECT_EQ(stream_of("/v1/redemptions/..."), "...");
}

TEST(NotFound, ListsWhatExistsAndSuggestsTheNearest) {
  DeskKit kit;
  const Response r = kit.post("/v1/redemptions/c/redem", "{}");
  EXPECT_EQ(r.status, 404);
  EXPECT_TRUE(has(r.body, "did you mean 'redeem'?")) << r.body;
  for (const char* name : {"open", "release", "restock", "close"})
    EXPECT_TRUE(has(r.body, name)) << r.body;
  const Response domain = kit.get("/v1/redemption");
  EXPECT_TRUE(has(domain.body, "did you mean 'redemptions'?")) << domain.body;
  EXPECT_EQ(domain.type, "application/problem+json");
}

TEST(Faults, WinInTheDocumentedOrder) {
  DeskKit kit;
  const DeskKit::Headers bad{{"Content-Type", "text/plain"}, {"Idempotency-Key", ","}};
  EXPECT_EQ(kit.call("POST", "/v1/nothing/a%20b/x", "no json", bad).status, 400);
  EXPECT_EQ(kit.call("POST", "/v1/nothing/c/x", "no json", bad).status, 404);
  EXPECT_EQ(kit.call("PUT", "/v1/redemptions/c/redeem", "no json", bad).status, 405);
  EXPECT_EQ(kit.call("POST", "/v1/redemptions/c/redeem", "no json", bad).status, 415);
  EXPECT_EQ(kit.post("/v1/redemptions/c/redeem", "no json").status, 400);
  kit.desk.drain();
  EXPECT_EQ(kit.post("/v1/redemptions/c/redeem", "no json").status, 400);
  EXPECT_EQ(kit.post("/v1/redemptions/c/redeem", R"({"claimant":"a"})").status, 503);
}

TEST(Pages, AnswerProbesListsAndProblems) {
  DeskKit kit;
  EXPECT_EQ(kit.get("/livez").status, 200);
  EXPECT_EQ(kit.get("/readyz?verbose").status, 200);
  EXPECT_TRUE(has(kit.get("/v1").body, "/v1/redemptions/{stream}/claims/{key}"));
  EXPECT_TRUE(has(kit.get("/v1").body, "GET /v1/{domain}/outcomes"));
  EXPECT_TRUE(has(kit.get("/problems/overloaded").body, "Retry-After"));
  EXPECT_EQ(kit.get("/problems/precondition_failed").status, 200);
  EXPECT_EQ(kit.get("/problems/redemptions/nothing").status, 404);
  for (const DomainPlan& d : kit.engine.catalog->domains())
    for (const RejectionPlan& r : d.rejections) EXPECT_EQ(kit.get(r.type).status, 200) << r.type;
  for (const ProblemKind& kind : problem_kinds())
    EXPECT_EQ(kit.get("/problems/" + std::string(kind.code)).status, 200) << kind.code;
}

TEST(Pages, SayNotReadyUntilTheEngineHasStarted) {
  DeskKit kit;
  bool ready = false;
  kit.context.startup = [&] { return Probe{ready, "partition redemptions/0: recovering\n"}; };
  kit.context.readiness = kit.context.startup;
  EXPECT_EQ(kit.get("/readyz").status, 503);
  EXPECT_TRUE(has(kit.get("/readyz?verbose").body, "recovering"));
  const Response refused = kit.post("/v1/redemptions/c/open", R"({"stock":1})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(has(refused.body, R"("code":"not_ready","taken":"no")")) << refused.body;
  ready = true;
  EXPECT_EQ(kit.post("/v1/redemptions/c/open", R"({"stock":1})").status, 200);
}

}  // namespace
}  // namespace spate::edge
