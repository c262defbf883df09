// The history of a stream: all of it, in order, whoever wrote in between; bounded; never guessed.
#include <gtest/gtest.h>

#include "tests/engine/edge/desk_kit.hpp"

namespace spate::edge {
namespace {

struct EdgeHistory : testing::Test {
  std::unique_ptr<DeskKit> made = std::make_unique<DeskKit>();
  DeskKit& kit() { return *made; }

  Response redeem(const std::string& campaign, const std::string& claimant) {
    kit().clock.advance_ns(1'000'000);
    return kit().post("/v1/redemptions/" + campaign + "/redeem", R"({"claimant":")" + claimant + "\"}");
  }
  void open(const std::string& campaign, int stock) {
    kit().clock.advance_ns(1'000'000);
    kit().post("/v1/redemptions/" + campaign + "/open", R"({"stock":)" + std::to_string(stock) + "}");
  }
  static std::string after(const std::string& body, std::string_view before) {
    const std::size_t at = body.find(before);
    if (at == std::string::npos) return {};
    return body.substr(at + before.size(), body.find('"', at + before.size()) - at - before.size());
  }
  /// Of each item: the claimant it speaks of, or its command.
  static std::string told(const std::string& body) {
    std::string all;
    const std::string_view begins = R"({"stream":")", named = R"("body":{"claimant":")";
    for (std::size_t at = 0; (at = body.find(begins, at)) != std::string::npos;) {
      const std::size_t end = std::min(body.find(begins, at + 1), body.size());
      const std::string item = body.substr(at, end - at);
      const std::string claimant = after(item, named);
      all += (claimant.empty() ? after(item, R"("command":")") : claimant) + " ";
      at = end;
    }
    return all;
  }
  /// All pages from `target` on; `pages` says how many there were.
  std::string whole(std::string target, int& pages) {
    std::string all;
    for (pages = 0; !target.empty(); ++pages) {
      const Response r = kit().get(target);
      EXPECT_EQ(r.status, 200) << r.body;
      all += told(r.body);
      target = after(r.body, R"("next":")");
      if (r.status != 200 || pages > 1000) return all;
    }
    return all;
  }
};

TEST_F(EdgeHistory, TellsWhoWishedWhatAndWhatBecameOfIt) {
  open("c", 1);
  kit().post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})", {{"Idempotency-Key", "k-ann"}});
  kit().post("/v1/redemptions/c/redeem", R"({"claimant":"bob"})", {{"Idempotency-Key", "k-bob"}});
  const std::string body = kit().get("/v1/redemptions/c/history").body;
  EXPECT_TRUE(has(body, R"({"items":[{"stream":"c","command":"open","outcome":"accepted",)")) << body;
  EXPECT_TRUE(has(body, R"("key":"k-ann")")) << body;
  EXPECT_TRUE(has(body, R"("code":"sold_out","details":{"remaining":0},"key":"k-bob",)")) << body;
  EXPECT_TRUE(has(body, R"("body":{"claimant":"bob","quantity":1}}],"looked_at":3,"next":null})"))
      << body;
}

TEST_F(EdgeHistory, IsTheSameInPagesOfAnySize) {
  std::string expected = "open ";
  open("c", 7);
  for (int i = 0; i < 40; ++i) {
    redeem("c", "p" + std::to_string(i));
    redeem("other" + std::to_string(i % 5), "q");
    expected += "p" + std::to_string(i) + " ";
  }
  int pages = 0;
  for (const char* limit : {"1", "3", "40", "41", "1000"})
    EXPECT_EQ(whole("/v1/redemptions/c/history?limit=" + std::string(limit), pages), expected);
  EXPECT_EQ(pages, 1);
}

TEST_F(EdgeHistory, LooksAtNoMoreThanItMayAndGoesOn) {
  EdgeLimits limits;
  limits.walk_outcomes_max = 10;
  limits.walk_turn_outcomes_max = 3;
  made = std::make_unique<DeskKit>(limits);
  std::string expected = "open ";
  open("c", 100);
  for (int i = 0; i < 60; ++i) {
    // The rest is nearly all of the partition.
    for (int j = 0; j < 4; ++j) redeem("other" + std::to_string(j), std::to_string(i));
    if (i % 20 != 10) continue;
    redeem("c", "p" + std::to_string(i));
    expected += "p" + std::to_string(i) + " ";
  }
  int pages = 0;
  EXPECT_EQ(whole("/v1/redemptions/c/history", pages), expected);
  EXPECT_GT(pages, 5);
  EXPECT_TRUE(has(kit().get("/v1/redemptions/c/history").body, R"("looked_at":10,"next":"/v1/)"));
}

TEST_F(EdgeHistory, BeginsAtEveryTimeAndBehindEveryPosition) {
  open("c", 9);
  std::vector<std::pair<Instant, std::string>> all;
  for (int i = 0; i < 9; ++i) {
    const std::string body = redeem("c", "p" + std::to_string(i)).body;
    Instant at;
    ASSERT_TRUE(from_rfc3339(after(body, R"("at":")"), at));
    all.emplace_back(at, after(body, R"("position":")"));
    redeem("d", "q" + std::to_string(i));
  }
  const auto from = [&](const std::string& point) {
    return told(kit().get("/v1/redemptions/c/history?from=" + point).body);
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string behind;
    for (std::size_t j = i + 1; j < all.size(); ++j) behind += "p" + std::to_string(j) + " ";
    const std::string with = "p" + std::to_string(i) + " " + behind;
    EXPECT_EQ(from(all[i].second), behind);
    EXPECT_EQ(from(to_rfc3339(all[i].first)), with);
    EXPECT_EQ(from(to_rfc3339({all[i].first.ns - 1})), with);
    EXPECT_EQ(from(to_rfc3339({all[i].first.ns + 1})), behind);
  }
  EXPECT_EQ(from("1970-01-01T00:00:00Z").substr(0, 8), "open p0 ");
  EXPECT_EQ(from("2200-01-01T00:00:00Z"), "");
}

TEST_F(EdgeHistory, KnowsAStreamThatWasOnlyEverRefused) {
  redeem("c", "ann");
  EXPECT_EQ(kit().get("/v1/redemptions/c").status, 404);
  EXPECT_TRUE(has(kit().get("/v1/redemptions/c/history").body, R"("code":"unknown_campaign")"));
  const Response nobody = kit().get("/v1/redemptions/d/history");
  EXPECT_EQ(nobody.status, 404);
  EXPECT_TRUE(has(nobody.body, R"("code":"unknown_stream")")) << nobody.body;
}

TEST_F(EdgeHistory, LeavesSecretsOut) {
  kit().post("/v1/quizzes/q/create",
             R"({"title":"t","teacher":"m","questions":[{"prompt":"?","kind":"text",)"
             R"("answer":["swordfish"],"points":1}]})");
  const std::string body = kit().get("/v1/quizzes/q/history").body;
  EXPECT_TRUE(has(body, R"("body":{"title":"t")")) << body;
  EXPECT_FALSE(has(body, "swordfish")) << body;
}

TEST_F(EdgeHistory, RefusesWhatItDoesNotUnderstand) {
  open("c", 1);
  for (const char* query : {"from=x", "from=", "from=end", "limit=0", "limit=1001", "limit=1x",
                            "limit=01", "limit=-1", "limit=", "to=end", "from=2026-13-01T00:00:00Z", "from=%zz"})
    EXPECT_EQ(kit().get("/v1/redemptions/c/history?" + std::string(query)).status, 400) << query;
  EXPECT_EQ(kit().get("/v1/redemptions/c/history?from=" + to_token({77, {}})).status, 409);
  EXPECT_EQ(kit().post("/v1/redemptions/c/history").status, 405);
  EXPECT_EQ(kit().get("/v1/nothing/c/history").status, 404);
}

TEST_F(EdgeHistory, RefusesAPositionOfElsewhereAndOneBeyondTheEnd) {
  open("c", 1);
  Position position;
  const std::string token = header_of(kit().get("/v1/redemptions/c"), "Spate-Position");
  ASSERT_TRUE(from_token(token, position));
  const auto ask = [&] {
    return kit().get("/v1/redemptions/c/history?from=" + to_token(position));
  };
  EXPECT_EQ(ask().status, 200);
  position.parts[0].second.value += 1;
  const Response beyond = ask();
  EXPECT_EQ(beyond.status, 409);
  EXPECT_TRUE(has(beyond.body, "beyond the end of the log")) << beyond.body;
  position.parts[0].first.index ^= 1;
  EXPECT_EQ(ask().status, 400);
}

TEST_F(EdgeHistory, WaitsForThePositionThatItIsToShow) {
  open("c", 2);
  Position position;
  ASSERT_TRUE(from_token(header_of(kit().get("/v1/redemptions/c"), "Spate-Position"), position));
  position.parts[0].second.value += 1;
  const DeskKit::Headers wish{{"Spate-Position", to_token(position)}, {"Prefer", "wait=5"}};
  const uint64_t early = kit().send("GET", "/v1/redemptions/c/history", {}, wish);
  kit().settle();
  EXPECT_EQ(kit().answer(early), nullptr);
  EXPECT_FALSE(kit().desk.wants_turn()) << "it asks for turns although nothing has come";
  kit().wait_ms(1'000);
  kit().settle();
  EXPECT_EQ(kit().answer(early), nullptr) << "one second of five";
  redeem("c", "ann");
  kit().wait_ms(10);
  kit().settle();
  ASSERT_NE(kit().answer(early), nullptr);
  EXPECT_TRUE(has(kit().answer(early)->body, R"("claimant":"ann")")) << kit().answer(early)->body;

  position.parts[0].second.value += 1;
  const uint64_t late = kit().send("GET", "/v1/redemptions/c/history", {},
                                   {{"Spate-Position", to_token(position)}, {"Prefer", "wait=1"}});
  kit().settle();
  kit().wait_ms(1'001);
  kit().settle();
  ASSERT_NE(kit().answer(late), nullptr);
  EXPECT_EQ(kit().answer(late)->status, 503);
}

TEST_F(EdgeHistory, RefusesHeadersThatItCannotKeep) {
  open("c", 1);
  const auto status = [&](const std::string& name, const std::string& value) {
    return kit().get("/v1/redemptions/c/history", {{name, value}}).status;
  };
  EXPECT_EQ(status("Spate-Position", "nonsense"), 400);
  EXPECT_EQ(status("Spate-Position", to_token({77, {}})), 409);
  EXPECT_EQ(status("Prefer", "wait=x"), 400);
}

TEST_F(EdgeHistory, SaysWhenTheLogCannotBeReadJustNow) {
  open("c", 1);
  kit().engine.log.fail_reads(true);
  const Response r = kit().get("/v1/redemptions/c/history");
  EXPECT_EQ(r.status, 503);
  EXPECT_TRUE(has(r.body, R"("code":"not_ready")")) << r.body;
}

TEST_F(EdgeHistory, EndsForWhoHungUpAndWhenTheServerDrains) {
  EdgeLimits limits;
  limits.walks_max = 1;
  made = std::make_unique<DeskKit>(limits);
  open("c", 1);
  kit().send("GET", "/v1/redemptions/c/history");
  const uint64_t second = kit().send("GET", "/v1/redemptions/c/history");
  ASSERT_NE(kit().answer(second), nullptr);
  EXPECT_EQ(kit().answer(second)->status, 503) << "walks_max";
  kit().hang_up();
  kit().desk.turn();
  EXPECT_FALSE(kit().desk.wants_turn()) << "nobody reads it";
  kit().settle();
}

TEST_F(EdgeHistory, TellsWhoAsksWhileTheServerStops) {
  open("c", 1);
  const uint64_t slot = kit().send("GET", "/v1/redemptions/c/history");
  kit().desk.drain();
  kit().settle();
  ASSERT_NE(kit().answer(slot), nullptr);
  EXPECT_TRUE(has(kit().answer(slot)->body, R"("code":"shutting_down")"));
}

}  // namespace
}  // namespace spate::edge
