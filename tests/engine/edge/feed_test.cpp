// The feed of outcomes: nothing skipped, nothing twice, followed as it grows.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "tests/engine/edge/desk_kit.hpp"

namespace spate::edge {
namespace {

struct EdgeFeed : testing::Test {
  DeskKit kit;
  void open(const std::string& campaign) {
    kit.clock.advance_ns(1'000'000);
    kit.post("/v1/redemptions/" + campaign + "/open", R"({"stock":1})");
  }
  /// An outcome with so many KiB.
  void create_large(const std::string& quiz, int kib) {
    std::string questions;
    for (int i = 0; i < kib; ++i)
      questions += (i == 0 ? "" : ",") + (R"({"kind":"number","answer":1,"points":1,"prompt":")" +
                                          std::string(1000, 'p') + R"("})");
    kit.clock.advance_ns(1'000'000);
    kit.post("/v1/quizzes/" + quiz + "/create",
             R"({"title":"t","teacher":"x","questions":[)" + questions + "]}");
  }
  PartitionId partition_of(std::string_view quiz) const {
    return Topology::partition_for(*kit.engine.log.topology().find("quizzes"), quiz);
  }
  static std::string next_of(const std::string& body) {
    const std::size_t at = body.find(R"("next":")") + 8;
    return body.substr(at, body.find('"', at) - at);
  }
  static std::string streams_of(const std::string& body) {
    std::string all;
    const std::string_view before = R"({"stream":")";
    for (std::size_t at = 0; (at = body.find(before, at)) != std::string::npos;) {
      at += before.size();
      all += body.substr(at, body.find('"', at) - at) + " ";
    }
    return all;
  }
};

TEST_F(EdgeFeed, PagesThroughAllPartitionsInTheOrderOfTime) {
  std::string expected, seen;
  for (char c = 'a'; c <= 'k'; ++c) {
    open(std::string(1, c));
    expected += std::string(1, c) + " ";
  }
  std::string target = "/v1/redemptions/outcomes?limit=3";
  for (int page = 0; page < 4; ++page) {
    const Response r = kit.get(target);
    ASSERT_EQ(r.status, 200) << r.body;
    seen += streams_of(r.body);
    target = next_of(r.body);
  }
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(streams_of(kit.get(target).body), "") << "the feed has no end, only nothing new";
  open("z");
  EXPECT_EQ(streams_of(kit.get(target).body), "z ");
}

TEST_F(EdgeFeed, ShowsWhatWasAcceptedAndWhatWasRejected) {
  open("c");
  kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})");
  kit.post("/v1/redemptions/c/redeem", R"({"claimant":"bob"})");
  const std::string body = kit.get("/v1/redemptions/outcomes").body;
  EXPECT_TRUE(has(body, R"({"stream":"c","command":"redeem","outcome":"accepted","command_id":")"))
      << body;
  EXPECT_TRUE(has(body, R"("code":"sold_out","details":{"remaining":0}})")) << body;
}

TEST_F(EdgeFeed, FollowsOneStreamFromTheEndOn) {
  open("c");
  const uint64_t slot =
      kit.send("GET", "/v1/redemptions/outcomes?from=end&stream=c", {}, {{"Prefer", "wait=5"}});
  kit.settle();
  open("d");
  EXPECT_EQ(kit.answer(slot), nullptr);
  kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})");
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_TRUE(has(kit.answer(slot)->body, R"("claimant":"ann")"));
  EXPECT_EQ(streams_of(kit.answer(slot)->body), "c ");
}

TEST_F(EdgeFeed, AnswersAnEmptyPageWhenTheWaitEnds) {
  const uint64_t slot =
      kit.send("GET", "/v1/redemptions/outcomes?from=end", {}, {{"Prefer", "wait=1"}});
  kit.wait_ms(900);
  EXPECT_EQ(kit.answer(slot), nullptr);
  kit.wait_ms(100);
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_TRUE(has(kit.answer(slot)->body, R"({"items":[],"next":"/v1/redemptions/outcomes?from=)"));
}

TEST_F(EdgeFeed, GoesOnBehindThePositionOfAnAnswer) {
  open("c");
  const Response r = kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})");
  kit.post("/v1/redemptions/c/redeem", R"({"claimant":"bob"})");
  const std::string body =
      kit.get("/v1/redemptions/outcomes?stream=c&from=" + header_of(r, "Spate-Position")).body;
  EXPECT_EQ(streams_of(body), "c ");
  EXPECT_TRUE(has(body, "sold_out")) << body;
}

TEST_F(EdgeFeed, EndsAPageThatIsLargeAndSkipsNothing) {
  std::string seen;
  std::multiset<std::string> expected, all;
  for (int i = 0; i < 30; ++i) {
    create_large("q" + std::to_string(i), 60);
    expected.insert("q" + std::to_string(i));
  }
  std::string target = "/v1/quizzes/outcomes?limit=1000";
  std::size_t pages = 0;
  for (std::string here = "-"; !here.empty() && pages < 40; ++pages) {
    const Response r = kit.get(target);
    ASSERT_EQ(r.status, 200) << r.body.substr(0, 200);
    EXPECT_LT(r.body.size(), 2u << 20);
    here = streams_of(r.body);
    seen += here;
    target = next_of(r.body);
  }
  EXPECT_GT(pages, 3u);
  std::istringstream streams(seen);
  for (std::string stream; streams >> stream;) all.insert(stream);
  EXPECT_EQ(all, expected);
}

TEST_F(EdgeFeed, AsksToGoOnWhenMuchOfOthersWasLookedThrough) {
  for (int i = 0, others = 0; others < 90; ++i)
    if (partition_of("q" + std::to_string(i)) == partition_of("mine"))
      create_large("q" + std::to_string(i), 200), ++others;
  create_large("mine", 1);
  const uint64_t slot =
      kit.send("GET", "/v1/quizzes/outcomes?from=beginning&stream=mine", {}, {{"Prefer", "wait=30"}});
  ASSERT_NE(kit.answer(slot), nullptr) << "more lies behind: nothing to wait for";
  std::string body = kit.answer(slot)->body;
  EXPECT_EQ(streams_of(body), "");
  for (int page = 0; page < 40 && streams_of(body).empty(); ++page)
    body = kit.get(next_of(body)).body;
  EXPECT_EQ(streams_of(body), "mine ");
}

TEST_F(EdgeFeed, RefusesWhatItDoesNotUnderstand) {
  for (const char* query : {"from=x", "limit=0", "limit=1001", "limit=01", "limit=-1", "limit=",
                            "stream=a%20b", "to=end"})
    EXPECT_EQ(kit.get("/v1/redemptions/outcomes?" + std::string(query)).status, 400) << query;
  EXPECT_EQ(kit.get("/v1/redemptions/outcomes?from=" + to_token({77, {}})).status, 409);
  EXPECT_EQ(kit.post("/v1/redemptions/outcomes").status, 405);
}

TEST_F(EdgeFeed, SaysWhenOutcomesCannotBeReadJustNow) {
  open("c");
  kit.engine.log.fail_reads(true);
  const Response r = kit.get("/v1/redemptions/outcomes");
  EXPECT_EQ(r.status, 503);
  EXPECT_TRUE(has(r.body, R"("code":"not_ready")")) << r.body;
}

}  // namespace
}  // namespace spate::edge
