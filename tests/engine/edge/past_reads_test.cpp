// Views as they were: equal to what was read then, for any position; bounded; never a guess.
#include <gtest/gtest.h>

#include "tests/engine/edge/desk_kit.hpp"
#include "tests/support/seeded_random.hpp"

namespace spate::edge {
namespace {

struct EdgePast : testing::Test {
  std::unique_ptr<DeskKit> made = std::make_unique<DeskKit>();
  DeskKit& kit() { return *made; }

  void limit(std::size_t outcomes) {
    EdgeLimits limits;
    limits.walk_outcomes_max = outcomes;
    limits.walk_turn_outcomes_max = 5;
    made = std::make_unique<DeskKit>(limits);
  }
  Response redeem(const std::string& campaign, const std::string& claimant) {
    kit().clock.advance_ns(1'000'000);
    return kit().post("/v1/redemptions/" + campaign + "/redeem",
                      R"({"claimant":")" + claimant + "\"}");
  }
  Response open(const std::string& campaign, const std::string& more = "") {
    kit().clock.advance_ns(1'000'000);
    return kit().post("/v1/redemptions/" + campaign + "/open", R"({"stock":50)" + more + "}");
  }
  static std::string after(const std::string& body, std::string_view before) {
    const std::size_t at = body.find(before);
    if (at == std::string::npos) return {};
    return body.substr(at + before.size(), body.find('"', at + before.size()) - at - before.size());
  }
  /// One command of any kind to any of a few streams, refused ones among them.
  void send_any(SeededRandom& random) {
    kit().clock.advance_ns(static_cast<int64_t>(random.below(2'000'000'000)));
    const std::string n = std::to_string(random.below(3)), who = std::to_string(random.below(6));
    const std::string sale = "/v1/redemptions/c" + n, order = "/v1/orders/o" + n;
    switch (random.below(9)) {
      case 0:
        kit().post(sale + "/open", R"({"stock":5,"per_claimant_max":3,)"
                                   R"("closes_at":"2001-09-09T01:48:00Z"})");
        return;
      case 1: case 2: kit().post(sale + "/redeem", R"({"claimant":"p)" + who + "\"}"); return;
      case 3: kit().post(sale + "/release", R"({"claimant":"p)" + who + "\"}"); return;
      case 4: kit().post(sale + "/restock", R"({"quantity":2})"); return;
      case 5:
        kit().post(order + "/place", R"({"customer":"u)" + who + R"(","currency":"EUR","items":[)"
                                     R"({"sku":"s","quantity":1,"unit_price_minor":5}]})");
        return;
      case 6:
        kit().post(order + "/pay", R"({"payment":"x","amount_minor":5,"currency":"EUR"})");
        return;
      case 7: kit().post(order + "/cancel", R"({"reason":"why"})"); return;
      default:
        kit().post("/v1/quizzes/q" + n + "/create",
                   R"({"title":"t","teacher":"m","questions":[{"prompt":"?","kind":"text",)"
                   R"("answer":["a"],"points":1}]})");
    }
  }
};

struct Seen {
  std::string path, position, body;
};

/// What is derived is as of the last outcome, which may be older than the read was.
std::string undated(const std::string& body) {
  const std::size_t at = body.find(R"("state":")");
  if (at == std::string::npos || !has(body, R"("campaign":")")) return body;
  return body.substr(0, at) + body.substr(body.find(',', at));
}

TEST_F(EdgePast, IsWhatWasReadThenAtEveryPosition) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    made = std::make_unique<DeskKit>();
    SeededRandom random(seed);
    std::vector<Seen> seen;
    for (int i = 0; i < 150; ++i) {
      send_any(random);
      const std::string n = std::to_string(random.below(3)), who = std::to_string(random.below(6));
      for (const std::string& path :
           {"/v1/redemptions/c" + n, "/v1/redemptions/c" + n + "/claims",
            "/v1/redemptions/c" + n + "/claims/p" + who, "/v1/orders/o" + n, "/v1/quizzes/q" + n}) {
        const Response r = kit().get(path);
        if (r.status == 200) seen.push_back({path, header_of(r, "Spate-Position"), r.body});
      }
    }
    kit().clock.advance_ns(600'000'000'000);
    ASSERT_GT(seen.size(), 200u);
    for (const Seen& one : seen) {
      const Response past = kit().get(one.path + "?as_of=" + one.position);
      ASSERT_EQ(past.status, 200) << past.body << " seed " << seed;
      ASSERT_EQ(undated(past.body), undated(one.body)) << one.path << " seed " << seed;
      ASSERT_EQ(header_of(past, "Spate-Position"), one.position);
    }
  }
}

TEST_F(EdgePast, IsTheSameByTime) {
  open("c");
  std::vector<std::pair<Instant, std::string>> seen;
  for (int i = 0; i < 9; ++i) {
    Instant at;
    ASSERT_TRUE(from_rfc3339(after(redeem("c", "p" + std::to_string(i)).body, R"("at":")"), at));
    redeem("d", "q");
    seen.emplace_back(at, kit().get("/v1/redemptions/c").body);
  }
  kit().clock.advance_ns(1'000'000'000);
  const auto as_of = [&](Instant at) {
    return kit().get("/v1/redemptions/c?as_of=" + to_rfc3339(at)).body;
  };
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(as_of(seen[i].first), seen[i].second);
    EXPECT_EQ(as_of({seen[i].first.ns + 1}), seen[i].second);
    if (i > 0) {
      EXPECT_EQ(as_of({seen[i].first.ns - 1}), seen[i - 1].second);
    }
  }
}

TEST_F(EdgePast, DerivesWhatDependsOnNowAsItWasThen) {
  open("c", R"(,"closes_at":"2001-09-09T01:46:50Z")");
  const std::string before = header_of(kit().get("/v1/redemptions/c"), "Spate-Position");
  kit().clock.advance_ns(60'000'000'000);
  EXPECT_TRUE(has(kit().get("/v1/redemptions/c").body, R"("state":"over")"));
  EXPECT_TRUE(has(kit().get("/v1/redemptions/c?as_of=" + before).body, R"("state":"open")"));
  EXPECT_TRUE(has(kit().get("/v1/redemptions/c?as_of=2001-09-09T01:46:49Z").body,
                  R"("state":"open")"));
  EXPECT_TRUE(has(kit().get("/v1/redemptions/c?as_of=2001-09-09T01:46:50Z").body,
                  R"("state":"over")"));
}

TEST_F(EdgePast, PagesThroughItemsAsTheyWere) {
  open("c");
  for (int i = 0; i < 7; ++i) redeem("c", "p" + std::to_string(i));
  const std::string position = header_of(kit().get("/v1/redemptions/c"), "Spate-Position");
  const std::string then = kit().get("/v1/redemptions/c/claims").body;
  for (int i = 7; i < 12; ++i) redeem("c", "p" + std::to_string(i));
  EXPECT_EQ(kit().get("/v1/redemptions/c/claims?as_of=" + position).body, then);
  std::string target = "/v1/redemptions/c/claims?limit=3&as_of=" + position, all;
  int pages = 0;
  for (; !target.empty() && pages < 9; ++pages) {
    const std::string body = kit().get(target).body;
    const std::size_t at = body.find('[') + 1;
    all += (all.empty() ? "" : ",") + body.substr(at, body.rfind(']') - at);
    target = after(body, R"("next":")");
  }
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(R"({"items":[)" + all + R"(],"next":null})", then);
}

TEST_F(EdgePast, KnowsNoStreamBeforeItBegan) {
  redeem("c", "early");
  const std::string before = after(redeem("c", "early").body, R"("position":")");
  kit().clock.advance_ns(1'000'000'000);
  open("c");
  for (const std::string& point : {before, std::string("1980-01-01T00:00:00Z")})
    for (const char* path : {"/v1/redemptions/c", "/v1/redemptions/c/claims"}) {
      const Response r = kit().get(path + ("?as_of=" + point));
      EXPECT_EQ(r.status, 404) << r.body;
      EXPECT_TRUE(has(r.body, R"("code":"unknown_stream")")) << r.body;
    }
  EXPECT_TRUE(has(kit().get("/v1/redemptions/c?as_of=1980-01-01T00:00:00Z").body,
                  "the log of its partition begins later"));
}

TEST_F(EdgePast, RefusesWhatItDoesNotUnderstand) {
  open("c");
  kit().post("/v1/orders/o/place", R"({"customer":"u","currency":"EUR","items":[)"
                                   R"({"sku":"s","quantity":1,"unit_price_minor":5}]})");
  for (const char* bad : {"x", "", "2026-02-30T00:00:00Z", "2026-11-29", "now",
                          "2200-01-01T00:00:00Z"}) {
    const Response r = kit().get("/v1/redemptions/c?as_of=" + std::string(bad));
    EXPECT_EQ(r.status, 400) << bad;
    EXPECT_TRUE(has(r.body, R"("parameter":"as_of")")) << r.body;
  }
  for (const char* path : {"/v1/redemptions", "/v1/orders/customers/u"}) {
    const Response r = kit().get(path + std::string("?as_of=2001-01-01T00:00:00Z"));
    EXPECT_EQ(r.status, 400) << path;
    EXPECT_TRUE(has(r.body, "goes with one stream")) << r.body;
  }
  EXPECT_EQ(kit().get("/v1/redemptions/c?as_of=" + to_token({77, {}})).status, 409);
  const Response both = kit().get("/v1/redemptions/c/claims?as_of=x&limit=0&bogus=1");
  for (const char* name : {"as_of", "limit", "bogus"})
    EXPECT_TRUE(has(both.body, R"("parameter":")" + std::string(name))) << both.body;
}

TEST_F(EdgePast, RefusesAPositionBeyondTheEnd) {
  open("c");
  Position position;
  ASSERT_TRUE(from_token(header_of(kit().get("/v1/redemptions/c"), "Spate-Position"), position));
  const auto ask = [&] {
    return kit().get("/v1/redemptions/c?as_of=" + to_token(position));
  };
  EXPECT_EQ(ask().status, 200);
  position.parts[0].second.value += 1;
  const Response beyond = ask();
  EXPECT_EQ(beyond.status, 409);
  EXPECT_TRUE(has(beyond.body, "beyond the end of the log")) << beyond.body;
  position.parts[0].first.index ^= 1;
  EXPECT_EQ(ask().status, 400) << "it names another partition than the stream's";
}

TEST_F(EdgePast, WaitsForAPositionWhereOthersWriteTheLog) {
  open("c");
  kit().context.behind_ns = [](PartitionId, Sequence) { return std::optional<int64_t>(0); };
  Position position;
  ASSERT_TRUE(from_token(header_of(kit().get("/v1/redemptions/c"), "Spate-Position"), position));
  position.parts[0].second.value += 1;
  const std::string target = "/v1/redemptions/c?as_of=" + to_token(position);
  const uint64_t slot = kit().send("GET", target, {}, {{"Prefer", "wait=5"}});
  kit().settle();
  EXPECT_EQ(kit().answer(slot), nullptr);
  redeem("c", "ann");
  ASSERT_NE(kit().answer(slot), nullptr);
  EXPECT_EQ(kit().answer(slot)->status, 200);
  EXPECT_TRUE(has(kit().answer(slot)->body, R"("redeemed":1)")) << kit().answer(slot)->body;
  position.parts[0].second.value += 1;
  EXPECT_EQ(kit().send("GET", "/v1/redemptions/c?as_of=" + to_token(position), {},
                       {{"Prefer", "wait=1"}}),
            slot + 2);
  kit().wait_ms(1'000);
  ASSERT_NE(kit().answer(slot + 2), nullptr);
  EXPECT_EQ(kit().answer(slot + 2)->status, 503) << "never reached";
}

TEST_F(EdgePast, SaysWhenItIsTooFarToFold) {
  limit(10);
  open("c");
  std::string tenth;
  for (int i = 2; i <= 10; ++i) tenth = after(redeem("c", "p").body, R"("position":")");
  EXPECT_EQ(kit().get("/v1/redemptions/c?as_of=" + tenth).status, 200);
  const std::string eleventh = after(redeem("c", "p").body, R"("position":")");
  const Response far = kit().get("/v1/redemptions/c?as_of=" + eleventh);
  EXPECT_EQ(far.status, 409);
  EXPECT_TRUE(has(far.body, R"("code":"past_too_far")")) << far.body;
  EXPECT_TRUE(has(far.body, "a fold of 11 outcomes")) << far.body;
  EXPECT_EQ(kit().get("/v1/redemptions/c").status, 200) << "what is known now is still told";
}

TEST_F(EdgePast, SaysWhenItsViewsTakeTooMuchMemory) {
  kit().post("/v1/redemptions/c/open", R"({"stock":5000})");
  for (int i = 0; i < 1500; ++i) redeem("c", "a-rather-long-claimant-" + std::to_string(i));
  const std::string end = header_of(kit().get("/v1/redemptions/c"), "Spate-Position");
  const Response big = kit().get("/v1/redemptions/c?as_of=" + end);
  EXPECT_EQ(big.status, 409);
  EXPECT_TRUE(has(big.body, R"("code":"past_too_far")")) << big.body;
  EXPECT_TRUE(has(big.body, "MiB at outcome ")) << big.body;
}

TEST_F(EdgePast, FoldsOneAtATimeAndAnswersEachInItsTurn) {
  limit(1000);
  open("c");
  for (int i = 0; i < 30; ++i) redeem("c", "p" + std::to_string(i));
  const std::string now = kit().get("/v1/redemptions/c").body;
  const std::string end = header_of(kit().get("/v1/redemptions/c"), "Spate-Position");
  std::vector<uint64_t> slots;
  for (int i = 0; i < 3; ++i)
    slots.push_back(kit().send("GET", "/v1/redemptions/c?as_of=" + end));
  for (int i = 0; i < 4; ++i) kit().desk.turn();
  EXPECT_EQ(kit().answer(slots[0]), nullptr) << "31 outcomes, 5 a turn";
  kit().settle();
  for (const uint64_t slot : slots) {
    ASSERT_NE(kit().answer(slot), nullptr);
    EXPECT_EQ(kit().answer(slot)->body, now);
  }
  const uint64_t last = kit().send("GET", "/v1/redemptions/c?as_of=" + end);
  kit().desk.drain();
  kit().settle();
  ASSERT_NE(kit().answer(last), nullptr);
  EXPECT_TRUE(has(kit().answer(last)->body, R"("code":"shutting_down")"));
}

TEST_F(EdgePast, SaysWhenTheLogCannotBeReadJustNow) {
  open("c");
  const std::string end = header_of(kit().get("/v1/redemptions/c"), "Spate-Position");
  const uint64_t slot = kit().send("GET", "/v1/redemptions/c?as_of=" + end);
  kit().engine.log.fail_reads(true);
  kit().desk.turn();
  ASSERT_NE(kit().answer(slot), nullptr);
  EXPECT_EQ(kit().answer(slot)->status, 503);
  EXPECT_EQ(kit().get("/v1/redemptions/c?as_of=" + end).status, 503);
}

}  // namespace
}  // namespace spate::edge
