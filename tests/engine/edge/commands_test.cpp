// Single commands from the outside: answers, keys, waits, refusals, look-ups.
#include <gtest/gtest.h>

#include "tests/engine/edge/desk_kit.hpp"

namespace spate::edge {
namespace {

struct EdgeCommands : testing::Test {
  DeskKit kit;

  /// Answers the one request that is under way in the processor's stead.
  void answer_by_hand(Answer answer) {
    kit.desk.ring();
    const auto message = kit.engine.mailbox.requests.front();
    ASSERT_TRUE(message.has_value());
    RequestHead asked;
    std::memcpy(&asked, message->data(), sizeof asked);
    kit.engine.mailbox.requests.pop();
    ReplyHead head;
    head.ticket = asked.ticket;
    head.partition = asked.partition;
    head.answer = answer;
    std::memcpy(kit.engine.mailbox.replies.begin(sizeof head), &head, sizeof head);
    kit.engine.mailbox.replies.commit();
    kit.desk.poll();
  }
  /// Whether something is under way.
  bool asks() {
    kit.desk.ring();
    return kit.engine.mailbox.requests.front().has_value();
  }
  void reach_all_at(uint32_t mailbox) {
    for (uint32_t dense = 0; dense < kit.engine.routes.count(); ++dense)
      kit.engine.routes.set(dense, mailbox);
  }
  const DeskKit::Headers keyed{{"Content-Type", "application/json"}, {"Idempotency-Key", "k"}};
};

TEST_F(EdgeCommands, AcceptsWith200EventsPositionAndLocation) {
  const Response r =
      kit.post("/v1/redemptions/c-1/open", R"({"stock":5})", {{"Idempotency-Key", "k"}});
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.type, "application/json");
  EXPECT_TRUE(has(r.body, R"({"outcome":"accepted","command_id":")")) << r.body;
  EXPECT_TRUE(has(r.body, R"("events":[{"type":"opened","stock":5,)")) << r.body;
  const std::string id = to_hex(command_id("", "redemptions", "c-1", "k"));
  EXPECT_EQ(header_of(r, "Location"), "/v1/redemptions/c-1/commands/" + id);
  EXPECT_TRUE(has(r.body, header_of(r, "Spate-Position")));
  EXPECT_EQ(header_of(r, "Idempotency-Key"), "");
}

TEST_F(EdgeCommands, RejectsWith409ProblemAndDetails) {
  kit.post("/v1/redemptions/c/open", R"({"stock":0})");
  const Response r = kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})");
  EXPECT_EQ(r.status, 409);
  EXPECT_EQ(r.type, "application/problem+json");
  EXPECT_TRUE(has(r.body, R"("type":"/problems/redemptions/sold_out")")) << r.body;
  EXPECT_TRUE(has(r.body, R"("status":409)")) << r.body;
  EXPECT_TRUE(has(r.body, R"("code":"sold_out","outcome":"rejected")")) << r.body;
  EXPECT_TRUE(has(r.body, R"("details":{"remaining":0})")) << r.body;
  EXPECT_FALSE(has(r.body, "trace_id")) << "a stored answer holds nothing of its request";
  EXPECT_NE(header_of(r, "Spate-Position"), "");
}

TEST_F(EdgeCommands, AnswersANoAgainWithTheVerySameStatusAndBody_D3) {
  const DeskKit::Headers key{{"Idempotency-Key", "once"}};
  kit.post("/v1/redemptions/c/open", R"({"stock":1})");
  kit.post("/v1/redemptions/c/redeem", R"({"claimant":"bob"})");
  const Response first = kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})", key);
  kit.post("/v1/redemptions/c/restock", R"({"quantity":5})");
  const Response again = kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})", key);
  EXPECT_EQ(first.status, 409);
  EXPECT_EQ(again.status, 409) << "what was no stays no, whatever came since";
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.type, first.type);
  EXPECT_EQ(header_of(again, "Spate-Position"), header_of(first, "Spate-Position"));
  EXPECT_EQ(header_of(again, "Idempotent-Replayed"), "true");
}

TEST_F(EdgeCommands, AnswersTheSameIdAgainWithTheVerySameBody) {
  const DeskKit::Headers key{{"Idempotency-Key", "\"once\""}};
  kit.post("/v1/redemptions/c/open", R"({"stock":5})");
  const Response first =
      kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann","quantity":1})", key);
  const Response again =
      kit.post("/v1/redemptions/c/redeem", R"({"quantity":1,"claimant":"ann"})", key);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(header_of(first, "Idempotent-Replayed"), "");
  EXPECT_EQ(header_of(again, "Idempotent-Replayed"), "true");
  const Response bare =
      kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})", {{"Idempotency-Key", "once"}});
  EXPECT_EQ(bare.body, first.body) << "quoted and bare are one key";
}

TEST_F(EdgeCommands, RefusesAKeyReusedForAnotherPayloadWith422) {
  const DeskKit::Headers key{{"Idempotency-Key", "k"}};
  kit.post("/v1/redemptions/c/open", R"({"stock":5})");
  kit.post("/v1/redemptions/c/redeem", R"({"claimant":"ann"})", key);
  const Response other = kit.post("/v1/redemptions/c/redeem", R"({"claimant":"bob"})", key);
  EXPECT_EQ(other.status, 422);
  EXPECT_TRUE(has(other.body, R"("code":"idempotency_key_reused")")) << other.body;
  EXPECT_TRUE(has(kit.get("/v1/redemptions/c").body, R"("redeemed":1)"));
}

TEST_F(EdgeCommands, MintsAKeyWhenNoneIsSent) {
  const Response r = kit.post("/v1/redemptions/c/open", R"({"stock":5})");
  const std::string key = header_of(r, "Idempotency-Key");
  ASSERT_EQ(key.size(), 36u);
  EXPECT_EQ(key[14], '7') << "UUIDv7";
  const Response again =
      kit.post("/v1/redemptions/c/open", R"({"stock":5})", {{"Idempotency-Key", key}});
  EXPECT_EQ(again.body, r.body);
}

TEST_F(EdgeCommands, NamesAllFaultsOfHeadersAndBodyAtOnce) {
  const Response r =
      kit.post("/v1/redemptions/c/open", R"({"stock":-1,"wat":2})",
               {{"Idempotency-Key", "a b"}, {"If-Match", "3"}, {"Prefer", "wait=x"}});
  EXPECT_EQ(r.status, 400);
  for (std::string_view part :
       {R"("pointer":"/stock")", R"("pointer":"/wat")", R"("header":"Idempotency-Key")",
        R"("header":"If-Match")", R"("header":"Prefer")"})
    EXPECT_TRUE(has(r.body, part)) << part << "\n" << r.body;
}

TEST_F(EdgeCommands, KeepsAKeyFreeThatCameWithAMalformedBody) {
  const DeskKit::Headers key{{"Idempotency-Key", "k"}};
  EXPECT_EQ(kit.post("/v1/redemptions/c/open", R"({"stock":"x"})", key).status, 400);
  EXPECT_EQ(kit.post("/v1/redemptions/c/open", R"({"stock":1})", key).status, 200);
}

TEST_F(EdgeCommands, WantsJsonAndShowsACurlLine) {
  const Response r = kit.call("POST", "/v1/redemptions/c/open", "stock=1",
                              {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(r.status, 415);
  EXPECT_TRUE(has(r.body, "curl -X POST")) << r.body;
  EXPECT_EQ(kit.call("POST", "/v1/redemptions/c/open", R"({"stock":1})").status, 415)
      << "none sent";
  EXPECT_EQ(kit.call("POST", "/v1/redemptions/c/open", R"({"stock":1})",
                     {{"Content-Type", "Application/JSON; charset=utf-8"}})
                .status,
            200);
}

TEST_F(EdgeCommands, TakesAnEmptyBodyAsAnEmptyObject) {
  kit.post("/v1/redemptions/c/open", R"({"stock":1})");
  EXPECT_EQ(kit.call("POST", "/v1/redemptions/c/close").status, 200);
}

TEST_F(EdgeCommands, AnswersNothingBeforeItIsDurable) {
  const uint64_t slot = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})",
                                 {{"Content-Type", "application/json"}});
  kit.engine.decide();
  kit.desk.poll();
  EXPECT_EQ(kit.answer(slot), nullptr);
  kit.settle();
  EXPECT_EQ(kit.answer(slot)->status, 200);
}

TEST_F(EdgeCommands, RespondAsyncIs202OnceDurableAndTheOutcomeWaitsAtLocation) {
  const DeskKit::Headers async{{"Prefer", "respond-async"}, {"Idempotency-Key", "k"}};
  const Response r = kit.post("/v1/redemptions/c/open", R"({"stock":1})", async);
  EXPECT_EQ(r.status, 202);
  EXPECT_EQ(header_of(r, "Preference-Applied"), "respond-async");
  EXPECT_TRUE(has(r.body, R"("outcome":"pending")"));
  const Response status = kit.get(header_of(r, "Location"));
  EXPECT_EQ(status.status, 200);
  EXPECT_TRUE(has(status.body, R"("outcome":"accepted")")) << status.body;
  EXPECT_EQ(kit.post("/v1/redemptions/c/open", R"({"stock":1})", async).status, 200)
      << "a stored duplicate's answer is given";
}

TEST_F(EdgeCommands, SaysUnknownWhenItCannotLearnWhetherTheCommandWasTaken) {
  const uint64_t slot = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})",
                                 {{"Content-Type", "application/json"}, {"Prefer", "wait=1"}});
  kit.wait_ms(1000);  // the processor stands still
  EXPECT_EQ(kit.answer(slot), nullptr);
  kit.wait_ms(kit.context.limits.fate_ms_max);
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_EQ(kit.answer(slot)->status, 503);
  EXPECT_TRUE(has(kit.answer(slot)->body, R"("taken":"unknown")"));
  EXPECT_NE(header_of(*kit.answer(slot), "Retry-After"), "");
  kit.settle();  // the late reply meets nobody
  EXPECT_EQ(kit.get("/v1/redemptions/c").status, 200) << "and it did happen";
}

TEST_F(EdgeCommands, RefusesWith503WhenTheRingIsFull) {
  DeskKit small({}, 4096);
  const DeskKit::Headers json{{"Content-Type", "application/json"}};
  std::vector<uint64_t> slots;
  for (int i = 0; i < 50; ++i)
    slots.push_back(small.send("POST", "/v1/redemptions/c" + std::to_string(i) + "/open",
                               R"({"stock":1})", json));
  const Response* last = small.answer(slots.back());
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->status, 503);
  EXPECT_TRUE(has(last->body, R"("code":"overloaded")"));
  EXPECT_TRUE(has(last->body, R"("taken":"no")"));
  small.settle();
  for (uint64_t slot : slots) EXPECT_NE(small.answer(slot), nullptr);
}

TEST_F(EdgeCommands, RefusesNewOnesWhenDrainingAndFinishesTheOld) {
  const DeskKit::Headers json{{"Content-Type", "application/json"}};
  const uint64_t old = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})", json);
  kit.desk.drain();
  const Response fresh = kit.post("/v1/redemptions/d/open", R"({"stock":1})");
  EXPECT_EQ(fresh.status, 503);
  EXPECT_TRUE(has(fresh.body, R"("code":"shutting_down")"));
  EXPECT_EQ(kit.answer(old)->status, 200);
}

TEST_F(EdgeCommands, HoldsIfMatchAgainstTheVersionWhenItIsDecided) {
  kit.post("/v1/redemptions/c/open", R"({"stock":1})");
  EXPECT_EQ(
      kit.post("/v1/redemptions/c/restock", R"({"quantity":1})", {{"If-Match", "\"7\""}}).status,
      412);
  EXPECT_EQ(
      kit.post("/v1/redemptions/c/restock", R"({"quantity":1})", {{"If-Match", "\"1\""}}).status,
      200);
}

TEST_F(EdgeCommands, FindsACommandByItsKeyAlone) {
  kit.post("/v1/redemptions/c/open", R"({"stock":1})", {{"Idempotency-Key", "k"}});
  const Response found = kit.get("/v1/redemptions/c/commands?key=k");
  EXPECT_EQ(found.status, 200);
  EXPECT_TRUE(has(found.body, R"("outcome":"accepted")"));
  EXPECT_EQ(kit.get("/v1/redemptions/c/commands?key=never").status, 404);
  EXPECT_EQ(kit.get("/v1/redemptions/c/commands").status, 400);
  EXPECT_EQ(kit.get("/v1/redemptions/c/commands/" + std::string(32, '0')).status, 404);
  EXPECT_EQ(kit.get("/v1/redemptions/c/commands/xyz").status, 400);
}

TEST_F(EdgeCommands, WaitsAtTheStatusPageWhenAsked) {
  const std::string page = "/v1/redemptions/c/commands?key=k";
  const uint64_t slot = kit.send("GET", page, {}, {{"Prefer", "wait=5"}});
  kit.settle();
  EXPECT_EQ(kit.answer(slot), nullptr);
  kit.post("/v1/redemptions/c/open", R"({"stock":1})", {{"Idempotency-Key", "k"}});
  kit.wait_ms(100);
  kit.settle();
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_EQ(kit.answer(slot)->status, 200);
}

TEST_F(EdgeCommands, AsksTheNextOwnerWhatBecameOfACommandWhosePartitionWasLost) {
  const Response first = kit.post("/v1/redemptions/c/open", R"({"stock":1})", {keyed[1]});
  const uint64_t slot = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})", keyed);
  answer_by_hand(Answer::maybe_taken);
  EXPECT_EQ(kit.answer(slot), nullptr) << "it may still be learned";
  kit.wait_ms(100);
  kit.settle();
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_EQ(kit.answer(slot)->body, first.body);
}

TEST_F(EdgeCommands, SaysWhenItIsNotKnownWhetherACommandWasTaken) {
  const uint64_t slot = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})", keyed);
  answer_by_hand(Answer::maybe_taken);
  kit.wait_ms(100);
  kit.settle();
  EXPECT_EQ(kit.answer(slot), nullptr) << "nobody has seen it yet, but it may still be on its way";
  kit.wait_ms(EdgeLimits{}.wait_ms_default);
  EXPECT_EQ(kit.answer(slot), nullptr) << "asked on as after any wait";
  kit.wait_ms(EdgeLimits{}.fate_ms_max);
  const Response* r = kit.answer(slot);
  ASSERT_NE(r, nullptr);
  EXPECT_EQ(r->status, 503);
  EXPECT_TRUE(has(r->body, R"("code":"not_ready","taken":"unknown")")) << r->body;
  EXPECT_EQ(header_of(*r, "Retry-After"), "1");
}

TEST_F(EdgeCommands, AsksOnAfterItsWaitWhatBecameOfACommandWhosePartitionWasLost) {
  DeskKit::Headers hasty = keyed;
  hasty.push_back({"Prefer", "wait=0"});
  const Response first = kit.post("/v1/redemptions/c/open", R"({"stock":1})", {keyed[1]});
  const uint64_t slot = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})", hasty);
  answer_by_hand(Answer::maybe_taken);
  EXPECT_EQ(kit.answer(slot), nullptr) << "a move is no reason to refuse who would not wait";
  kit.wait_ms(100);
  kit.settle();
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_EQ(kit.answer(slot)->body, first.body);
}

TEST_F(EdgeCommands, SaysThatACommandIsPendingWhichTheNextOwnerHasNotDecided) {
  const uint64_t slot = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})", keyed);
  answer_by_hand(Answer::maybe_taken);
  for (int tenths = 0; tenths < 60 && kit.answer(slot) == nullptr; ++tenths) {
    kit.wait_ms(100);
    if (asks()) answer_by_hand(Answer::pending);
  }
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_EQ(kit.answer(slot)->status, 202);
}

TEST_F(EdgeCommands, SaysWhenACommandWasNotTaken) {
  const uint64_t slot = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})", keyed);
  answer_by_hand(Answer::not_ready);
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_TRUE(has(kit.answer(slot)->body, R"("code":"not_ready","taken":"no")"));
}

TEST_F(EdgeCommands, AsksWhereAPartitionMovedToWhatBecameOfACommand) {
  const Response first = kit.post("/v1/redemptions/c/open", R"({"stock":1})", {keyed[1]});
  reach_all_at(1);
  const uint64_t slot = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})", keyed);
  kit.wait_ms(100);
  kit.settle();
  EXPECT_EQ(kit.answer(slot), nullptr) << "where it was sent nobody answers";
  reach_all_at(0);
  kit.wait_ms(100);
  kit.settle();
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_EQ(kit.answer(slot)->body, first.body);
}

TEST_F(EdgeCommands, AsksOnlyOnceAtATimeWhatBecameOfACommandThatMoved) {
  const Response first = kit.post("/v1/redemptions/c/open", R"({"stock":1})", {keyed[1]});
  reach_all_at(1);
  const uint64_t slot = kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})", keyed);
  kit.settle();
  reach_all_at(0);
  kit.wait_ms(100);  // asks; the answer is still under way when it would ask for another reason
  kit.wait_ms(EdgeLimits{}.wait_ms_default);
  kit.settle();
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_EQ(kit.answer(slot)->body, first.body);
}

TEST_F(EdgeCommands, ForgetsThoseWhoHungUp) {
  kit.send("POST", "/v1/redemptions/c/open", R"({"stock":1})",
           {{"Content-Type", "application/json"}});
  kit.hang_up();
  kit.wait_ms(100);
  kit.settle();
  EXPECT_EQ(kit.desk.in_flight(), 0u);
}

TEST_F(EdgeCommands, SaysWhenWhatWasDecidedCannotBeReadJustNow) {
  kit.post("/v1/redemptions/c/open", R"({"stock":5})", {{"Idempotency-Key", "k"}});
  kit.engine.log.fail_reads(true);
  const Response r = kit.get("/v1/redemptions/c/commands?key=k");
  EXPECT_EQ(r.status, 503) << "nothing is wrong here: a broker is away";
  EXPECT_TRUE(has(r.body, R"("code":"not_ready")")) << r.body;
  EXPECT_TRUE(has(r.body, R"("taken":"unknown")")) << r.body;
  EXPECT_NE(header_of(r, "Retry-After"), "");
  kit.engine.log.fail_reads(false);
  EXPECT_EQ(kit.get("/v1/redemptions/c/commands?key=k").status, 200);
}

TEST_F(EdgeCommands, LooksNoLongerThanItTakesForALogThatDoesNotAnswer) {
  const uint64_t slot = kit.send("GET", "/v1/redemptions/c/commands?key=k");
  kit.desk.turn();  // asked, and nobody answers
  kit.wait_ms(EdgeLimits{}.fate_ms_max - 1);
  EXPECT_EQ(kit.answer(slot), nullptr);
  kit.wait_ms(1'000);
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_EQ(kit.answer(slot)->status, 503);
  EXPECT_TRUE(has(kit.answer(slot)->body, R"("code":"not_ready")"));
}

TEST_F(EdgeCommands, EchoesTraceAndRequestId) {
  const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const Response r = kit.post("/v1/redemptions/c/open", R"({"stock":1})",
                              {{"traceparent", parent}, {"X-Request-Id", "r-1"}});
  EXPECT_EQ(header_of(r, "traceparent"), parent);
  EXPECT_EQ(header_of(r, "X-Request-Id"), "r-1");
  const Response bad = kit.get("/v1/nowhere", {{"traceparent", "00-zz"}});
  EXPECT_TRUE(has(bad.body, header_of(bad, "traceparent").substr(3, 32))) << "a new trace";
}

TEST(CommandSize, IsWhatEveryWayToAnOwnerTakes) {
  EdgeLimits limits;
  limits.command_bytes_max = 2'000;
  DeskKit kit(limits);
  const std::string title(1'000, 't');
  EXPECT_EQ(kit.post("/v1/redemptions/c/open", R"({"stock":1,"title":")" + title + "\"}").status, 200);
  std::string items;
  for (int n = 0; n < 100; ++n)
    items += std::string(n == 0 ? "" : ",") + R"({"sku":"s)" + std::to_string(n) +
             R"(","quantity":1,"unit_price_minor":1})";
  const std::string order = R"({"customer":"ann","currency":"EUR","items":[)" + items + "]}";
  const Response refused = kit.post("/v1/orders/o/place", order);
  EXPECT_EQ(refused.status, 413);
  EXPECT_TRUE(has(refused.body, R"("code":"payload_too_large")")) << refused.body;
  EXPECT_TRUE(has(refused.body, "more than the 2000 that this server can pass on")) << refused.body;
  const Response lines = kit.batch(R"({"domain":"orders","stream":"o","command":"place","body":)" +
                                   order + "}\n");
  EXPECT_EQ(lines.status, 200);
  EXPECT_TRUE(has(lines.body, "more than the 2000")) << lines.body;
}

}  // namespace
}  // namespace spate::edge
