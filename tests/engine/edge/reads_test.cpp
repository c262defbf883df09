// Views, lists, positions, conditions.
#include <gtest/gtest.h>

#include "engine/edge/cursor.hpp"
#include "tests/engine/edge/desk_kit.hpp"

namespace spate::edge {
namespace {

struct EdgeReads : testing::Test {
  DeskKit kit;
  Response open(const std::string& campaign, int stock = 9) {
    return kit.post("/v1/redemptions/" + campaign + "/open",
                    R"({"stock":)" + std::to_string(stock) + "}");
  }
  /// The text between `before` and the next quote.
  static std::string after(const std::string& body, std::string_view before) {
    const std::size_t at = body.find(before);
    if (at == std::string::npos) return {};
    return body.substr(at + before.size(), body.find('"', at + before.size()) - at - before.size());
  }
};

TEST_F(EdgeReads, ShowsAViewWithEtagAndPosition) {
  open("c");
  const Response r = kit.get("/v1/redemptions/c");
  EXPECT_EQ(r.status, 200);
  EXPECT_TRUE(has(r.body, R"("state":"open","stock":9)")) << r.body;
  EXPECT_EQ(header_of(r, "Cache-Control"), "no-cache");
  EXPECT_EQ(header_of(r, "ETag").size(), 34u);
  EXPECT_NE(header_of(r, "Spate-Position"), "");
}

TEST_F(EdgeReads, SaysHowFarItMayBeBehindALogThatOthersWrite) {
  open("c");
  EXPECT_EQ(header_of(kit.get("/v1/redemptions/c"), "Spate-Staleness"), "");
  std::optional<int64_t> behind;
  kit.context.behind_ns = [&](PartitionId, Sequence) { return behind; };
  EXPECT_EQ(header_of(kit.get("/v1/redemptions/c"), "Spate-Staleness"), "unknown");
  behind = 1'002'000'001;
  EXPECT_EQ(header_of(kit.get("/v1/redemptions/c"), "Spate-Staleness"), "1.003");
  EXPECT_EQ(header_of(kit.get("/v1/redemptions"), "Spate-Staleness"), "1.003");
  behind = 0;
  EXPECT_EQ(header_of(kit.get("/v1/redemptions/c/claims"), "Spate-Staleness"), "0.000");
}

TEST_F(EdgeReads, Answers304UntilTheBodyChanges) {
  open("c");
  const std::string etag = header_of(kit.get("/v1/redemptions/c"), "ETag");
  const Response same = kit.get("/v1/redemptions/c", {{"If-None-Match", etag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(header_of(same, "ETag"), etag);
  kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})");
  EXPECT_EQ(kit.get("/v1/redemptions/c", {{"If-None-Match", etag}}).status, 200);
}

TEST_F(EdgeReads, DerivesWhatDependsOnNowWhenItIsRead) {
  kit.post("/v1/redemptions/c/open", R"({"stock":1,"closes_at":"2001-09-09T01:46:50Z"})");
  const Response before = kit.get("/v1/redemptions/c");
  EXPECT_TRUE(has(before.body, R"("state":"open")")) << before.body;
  kit.clock.advance_ns(60'000'000'000);
  const Response later =
      kit.get("/v1/redemptions/c", {{"If-None-Match", header_of(before, "ETag")}});
  EXPECT_EQ(later.status, 200);
  EXPECT_TRUE(has(later.body, R"("state":"over")")) << later.body;
}

TEST_F(EdgeReads, KnowsNoStreamBeforeItsFirstAcceptedCommand) {
  EXPECT_EQ(kit.get("/v1/redemptions/c").status, 404);
  kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})");
  EXPECT_EQ(kit.get("/v1/redemptions/c").status, 404) << "a rejection makes no stream";
  EXPECT_EQ(kit.get("/v1/redemptions/c/claims").status, 404);
  open("c");
  EXPECT_EQ(kit.get("/v1/redemptions/c/claims").body, R"({"items":[],"next":null})");
  EXPECT_EQ(kit.get("/v1/redemptions/c/claims/ann").status, 404);
}

TEST_F(EdgeReads, WaitsForThePositionOfAnAnswer) {
  const uint64_t slot = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})",
                                 {{"Content-Type", "application/json"}});
  kit.desk.ring();
  kit.engine.decide();
  kit.engine.log.step();
  kit.engine.decide();
  kit.desk.poll();  // durable and answered, not projected
  ASSERT_NE(kit.answer(slot), nullptr);
  const std::string position = header_of(*kit.answer(slot), "Spate-Position");
  const uint64_t plain = kit.send("GET", "/v1/redemptions/c");
  const uint64_t read = kit.send("GET", "/v1/redemptions/c", {}, {{"Spate-Position", position}});
  EXPECT_EQ(kit.answer(plain)->status, 404) << "without it a read may be older";
  EXPECT_EQ(kit.answer(read), nullptr);
  kit.engine.project();
  kit.desk.poll();
  ASSERT_NE(kit.answer(read), nullptr);
  EXPECT_EQ(kit.answer(read)->status, 200);
}

/// After a kill views that lay in memory are folded again.
TEST_F(EdgeReads, WaitWithoutAPositionUntilTheViewsAreWhereTheyWere) {
  open("c");
  const PartitionId partition = kit.partition("c");
  PartitionViews& views = kit.engine.views.partition(partition);
  views.owe(views.position().next());
  const std::vector<const char*> targets{"/v1/redemptions/c", "/v1/redemptions",
                                         "/v1/redemptions/c/claims"};
  std::vector<uint64_t> reads;
  for (const char* target : targets) reads.push_back(kit.send("GET", target));
  kit.settle();
  for (const uint64_t read : reads) EXPECT_EQ(kit.answer(read), nullptr);
  EXPECT_EQ(kit.get("/v1/orders").status, 200) << "others are whole";
  kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})");  // taken at once, and folded
  for (const uint64_t read : reads) {
    ASSERT_NE(kit.answer(read), nullptr);
    EXPECT_EQ(kit.answer(read)->status, 200);
  }
  EXPECT_TRUE(has(kit.answer(reads[0])->body, R"("redeemed":1)")) << kit.answer(reads[0])->body;
}

TEST_F(EdgeReads, SayThatViewsAreNotThereYetWhenTheyWaitedInVain) {
  open("c");
  PartitionViews& views = kit.engine.views.partition(kit.partition("c"));
  views.owe({99});
  const uint64_t slot = kit.send("GET", "/v1/redemptions/c", {}, {{"Prefer", "wait=2"}});
  const uint64_t past = kit.send("GET", "/v1/redemptions/c?as_of=2001-09-09T01:46:40Z");
  kit.settle();
  EXPECT_NE(kit.answer(past), nullptr) << "it is folded from the log";
  kit.wait_ms(2000);
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_EQ(kit.answer(slot)->status, 503);
  EXPECT_TRUE(has(kit.answer(slot)->body, R"("code":"not_ready")")) << kit.answer(slot)->body;
  EXPECT_TRUE(has(kit.answer(slot)->body, "still folds")) << kit.answer(slot)->body;
  Position told;
  ASSERT_TRUE(from_token(header_of(*kit.answer(slot), "Spate-Position"), told));
  EXPECT_EQ(told.parts, (Position{1, {{views.id(), views.position()}}}.parts));
}

TEST_F(EdgeReads, Answers503WithWhereItIsWhenThePositionIsNotReached) {
  const PartitionId first = kit.engine.log.topology().partitions()[0];
  const std::string far = to_token(Position{1, {{first, {99}}}});
  const uint64_t slot =
      kit.send("GET", "/v1/redemptions/c", {}, {{"Spate-Position", far}, {"Prefer", "wait=2"}});
  kit.wait_ms(1900);
  EXPECT_EQ(kit.answer(slot), nullptr);
  kit.wait_ms(100);
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_EQ(kit.answer(slot)->status, 503);
  EXPECT_NE(header_of(*kit.answer(slot), "Retry-After"), "");
  Position told;
  ASSERT_TRUE(from_token(header_of(*kit.answer(slot), "Spate-Position"), told));
  EXPECT_EQ(told.incarnation, kit.engine.log.identity().incarnation) << "it can be sent again";
}

TEST_F(EdgeReads, NameEveryPartitionThatAListOrGatheredViewCameFrom_H3) {
  for (char c = 'a'; c <= 'h'; ++c) open(std::string(1, c));
  const std::string order =
      R"({"customer":"ann","currency":"EUR","items":[{"sku":"s","quantity":1,"unit_price_minor":5}]})";
  for (char c = 'a'; c <= 'h'; ++c) kit.post("/v1/orders/" + std::string(1, c) + "/place", order);
  for (const char* path : {"/v1/redemptions", "/v1/orders/customers/ann"}) {
    Position named;
    ASSERT_TRUE(from_token(header_of(kit.get(path), "Spate-Position"), named)) << path;
    ASSERT_EQ(named.parts.size(), EngineKit::partitions_per_domain) << path;
    for (const auto& [partition, sequence] : named.parts)
      EXPECT_EQ(sequence, kit.engine.views.position(partition)) << path;
  }
}

TEST_F(EdgeReads, RefusesACursorOfAnotherLifeOfTheLog_A5) {
  for (char c = 'a'; c <= 'c'; ++c) open(std::string(1, c));
  const std::string next = after(kit.get("/v1/redemptions?limit=1").body, R"("next":")");
  Cursor cursor;
  ASSERT_TRUE(from_token(next.substr(next.find("cursor=") + 7), cursor)) << next;
  EXPECT_EQ(cursor.incarnation, kit.engine.log.identity().incarnation);
  ++cursor.incarnation;
  const Response refused = kit.get("/v1/redemptions?cursor=" + to_token(cursor));
  EXPECT_EQ(refused.status, 409);
  EXPECT_TRUE(has(refused.body, R"("code":"position_unknown")")) << refused.body;
}

TEST_F(EdgeReads, RefusesForeignPositions) {
  EXPECT_EQ(kit.get("/v1/redemptions/c", {{"Spate-Position", "x"}}).status, 400);
  const std::string restored = to_token(Position{77, {{{1, 0}, {1}}}});
  EXPECT_EQ(kit.get("/v1/redemptions/c", {{"Spate-Position", restored}}).status, 409);
  const std::string nowhere = to_token(Position{1, {{{99, 0}, {1}}}});
  EXPECT_EQ(kit.get("/v1/redemptions/c", {{"Spate-Position", nowhere}}).status, 409);
}

TEST_F(EdgeReads, TellsWhatIsMalformedBeforeItWaitsOrLooksAnythingUp) {
  const PartitionId first = kit.engine.log.topology().partitions()[0];
  const std::string far = to_token(Position{1, {{first, {99}}}});
  for (const char* target : {"/v1/redemptions/c?bogus=1", "/v1/redemptions?limit=0",
                             "/v1/redemptions/c/claims?limit=0", "/v1/orders/customers/a?bogus=1"})
    EXPECT_EQ(kit.get(target, {{"Spate-Position", far}}).status, 400) << target;
}

TEST_F(EdgeReads, TellsAllFaultsOfQueryAndHeadersAtOnce) {
  for (const char* target : {"/v1/redemptions/c?limit=0&bogus=1", "/v1/redemptions?limit=0&bogus=1",
                             "/v1/redemptions/outcomes?limit=0&bogus=1"}) {
    const Response said = kit.get(target, {{"Prefer", "wait=x"}, {"Spate-Position", "x"}});
    EXPECT_EQ(said.status, 400);
    for (const char* fault : {R"("parameter":"limit")", R"("parameter":"bogus")",
                              R"("header":"Prefer")"})
      EXPECT_TRUE(has(said.body, fault)) << target << " " << said.body;
    const bool reads_views = !has(target, "outcomes");
    EXPECT_EQ(has(said.body, R"("header":"Spate-Position")"), reads_views) << said.body;
  }
  const Response twice = kit.get("/v1/redemptions?limit=1&limit=2&%zz=1");
  EXPECT_TRUE(has(twice.body, R"("limit")") && has(twice.body, R"("query")")) << twice.body;
}

TEST_F(EdgeReads, RefusesFiltersThatNoViewCanMeet) {
  for (const char* target : {"/v1/coupons?merchant=", "/v1/coupons?merchant=a%20b",
                             "/v1/coupons?state=none", "/v1/orders?customer=a%2Fb"})
    EXPECT_EQ(kit.get(target).status, 400) << target;
  EXPECT_EQ(kit.get("/v1/coupons?merchant=nobody").status, 200);
}

TEST_F(EdgeReads, BoundsThoseWhoWait) {
  EdgeLimits limits;
  limits.waiting_reads_max = 1;
  DeskKit small(limits);
  const PartitionId first = small.engine.log.topology().partitions()[0];
  const std::string far = to_token(Position{1, {{first, {99}}}});
  small.send("GET", "/v1/redemptions/c", {}, {{"Spate-Position", far}});
  EXPECT_EQ(small.get("/v1/redemptions/c", {{"Spate-Position", far}}).status, 503);
}

TEST_F(EdgeReads, PagesThroughAListByItsNextLink) {
  for (int i = 0; i < 25; ++i) open("c" + std::to_string(100 + i));
  std::string target = "/v1/redemptions?limit=10", seen;
  int pages = 0;
  for (; !target.empty(); ++pages) {
    const Response page = kit.get(target);
    ASSERT_EQ(page.status, 200) << page.body;
    for (std::size_t at = 0; (at = page.body.find(R"("campaign":")", at)) != std::string::npos;
         ++at)
      seen += page.body.substr(at + 12, 4) + " ";
    target = after(page.body, R"("next":")");
    EXPECT_TRUE(target.empty() || has(target, "limit=10")) << "next keeps what was asked";
  }
  std::string expected;
  for (int i = 0; i < 25; ++i) expected += "c" + std::to_string(100 + i) + " ";
  EXPECT_EQ(seen, expected) << "by key bytes, over the partitions";
  EXPECT_EQ(pages, 3);
}

TEST_F(EdgeReads, ListsTheItemsOfAStream) {
  open("c");
  for (const char* who : {"bob", "ann", "cid"})
    kit.post("/v1/redemptions/c/redeem", R"({"claimant":")" + std::string(who) + "\"}");
  const Response r = kit.get("/v1/redemptions/c/claims?limit=2");
  EXPECT_TRUE(has(r.body, R"({"items":[{"claimant":"ann","quantity":1,"first_serial":2,)"))
      << r.body;
  EXPECT_TRUE(has(after(r.body, R"("next":")"), "/v1/redemptions/c/claims?limit=2&cursor="));
  EXPECT_TRUE(has(kit.get(after(r.body, R"("next":")")).body, R"("claimant":"cid")"));
  EXPECT_TRUE(has(kit.get("/v1/redemptions/c/claims/bob").body, R"("first_serial":1)"));
}

TEST_F(EdgeReads, RefusesUnknownParametersAndCursors) {
  open("c");
  open("d");
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "limit=", "limit=01",
                            "limit=0001000", "limit=-1", "limit=+1", "limit=1&limit=2",
                            "sort=up", "cursor=x", "cursor=", "limit=%zz", "stock=9"})
    EXPECT_EQ(kit.get("/v1/redemptions?" + std::string(query)).status, 400) << query;
  EXPECT_EQ(kit.get("/v1/redemptions/c?x=1").status, 400);
  const Response many = kit.get("/v1/redemptions?limit=0&sort=up");
  EXPECT_TRUE(has(many.body, R"("parameter":"limit")") && has(many.body, R"("parameter":"sort")"))
      << many.body;
  const std::string next = after(kit.get("/v1/redemptions?limit=1").body, R"("next":")");
  const std::string cursor = next.substr(next.find("cursor="));
  EXPECT_EQ(kit.get("/v1/redemptions?" + cursor).status, 200);
  EXPECT_EQ(kit.get("/v1/redemptions/c/claims?" + cursor).status, 400)
      << "the cursor of another list";
}

TEST_F(EdgeReads, FiltersListsByWhatTheSchemaLets) {
  const std::string order =
      R"({"customer":"ann","currency":"EUR",)"
      R"("items":[{"sku":"s","quantity":1,"unit_price_minor":5}]})";
  kit.post("/v1/orders/o1/place", order);
  kit.post("/v1/orders/o2/place", order);
  kit.post(
      "/v1/orders/o3/place",
      R"({"customer":"bob","currency":"EUR",)"
           R"("items":[{"sku":"s","quantity":1,"unit_price_minor":5}]})");
  kit.post("/v1/orders/o2/cancel", R"({"reason":"no"})");
  const auto orders_in = [&](const std::string& query) {
    const std::string body = kit.get("/v1/orders" + query).body;
    std::string found;
    for (const char* o : {"o1", "o2", "o3"})
      if (has(body, R"("order":")" + std::string(o))) found += o;
    return found;
  };
  EXPECT_EQ(orders_in(""), "o1o2o3");
  EXPECT_EQ(orders_in("?customer=ann"), "o1o2");
  EXPECT_EQ(orders_in("?state=cancelled"), "o2");
  EXPECT_EQ(orders_in("?customer=ann&state=placed"), "o1");
  EXPECT_EQ(kit.get("/v1/orders?state=lost").status, 400);
  const Response page = kit.get("/v1/orders?customer=ann&limit=1");
  EXPECT_TRUE(has(after(page.body, R"("next":")"), "customer=ann&limit=1&cursor=")) << page.body;
}

TEST_F(EdgeReads, GathersAViewOverStreamsAndPartitions) {
  const std::string order =
      R"({"customer":"ann","currency":"EUR",)"
      R"("items":[{"sku":"s","quantity":1,"unit_price_minor":5}]})";
  for (int i = 0; i < 6; ++i) {
    const std::string at = "/v1/orders/o" + std::to_string(i);
    kit.post(at + "/place", order);
    kit.post(at + "/pay", R"({"payment":"p","amount_minor":5,"currency":"EUR"})");
  }
  const Response r = kit.get("/v1/orders/customers/ann");
  EXPECT_EQ(r.status, 200) << r.body;
  EXPECT_TRUE(
      has(r.body, R"({"customer":"ann","orders":6,"spent":[{"currency":"EUR","amount_minor":30}])"))
      << r.body;
  EXPECT_EQ(kit.get("/v1/orders/customers/nobody").status, 404);
}

}  // namespace
}  // namespace spate::edge
