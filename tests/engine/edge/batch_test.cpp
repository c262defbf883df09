// Batches: one answer a line, in order; bad lines spoil nothing; limits are checked first.
#include <gtest/gtest.h>

#include "tests/engine/edge/desk_kit.hpp"

namespace spate::edge {
namespace {

std::vector<std::string> lines_of(const std::string& body) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = body.find('\n', at);
    lines.push_back(body.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string line(std::string_view stream, std::string_view command, std::string_view body,
                 std::string_view id = {}) {
  return R"({"domain":"redemptions","stream":")" + std::string(stream) + R"(","command":")" +
         std::string(command) + R"(",)" +
         (id.empty() ? "" : R"("id":")" + std::string(id) + R"(",)") + R"("body":)" +
         std::string(body) + "}\n";
}

struct EdgeBatch : testing::Test {
  DeskKit kit;
};

TEST_F(EdgeBatch, DecidesLinesOfAStreamInOrderAndAnswersEachOnItsLine) {
  const Response r = kit.batch(
      line("c", "open", R"({"stock":1})") + line("c", "redeem", R"({"claimant":"ann"})") +
      line("d", "redeem", R"({"claimant":"ann"})") + line("c", "redeem", R"({"claimant":"bob"})"));
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.type, "application/x-ndjson");
  const auto lines = lines_of(r.body);
  ASSERT_EQ(lines.size(), 4u) << r.body;
  EXPECT_TRUE(has(lines[0], R"({"line":1,"outcome":"accepted","command_id":")")) << lines[0];
  EXPECT_TRUE(has(lines[1], R"({"line":2,"outcome":"accepted")"));
  EXPECT_TRUE(has(lines[1], R"("type":"redeemed")"));
  EXPECT_TRUE(has(lines[2], R"("outcome":"rejected")"));
  EXPECT_TRUE(has(lines[2], R"("code":"unknown_campaign")"));
  EXPECT_TRUE(has(lines[3], R"("code":"sold_out","details":{"remaining":0})")) << lines[3];
}

TEST_F(EdgeBatch, TellsAllFaultsOfALineAtOnceThoseOfItsBodyToo) {
  const Response r = kit.batch(
      R"({"domain":"redemptions","stream":"a b","command":"open","id":"a,b","more":1,)"
      R"("body":{"stock":-1,"titel":"x"}})"
      "\n" +
      line("a b", "opne", R"({"stock":-1})"));
  const auto lines = lines_of(r.body);
  ASSERT_EQ(lines.size(), 2u) << r.body;
  for (const char* at : {"/stream", "/id", "/more", "/body/stock", "/body/titel"})
    EXPECT_TRUE(has(lines[0], R"("pointer":")" + std::string(at) + '"')) << at << lines[0];
  EXPECT_FALSE(has(lines[1], "/body")) << "what belongs in it is not known: " << lines[1];
}

TEST_F(EdgeBatch, LetsABadLineSpoilNoOther) {
  const Response r = kit.batch(
      line("c", "open", R"({"stock":"many"})") + "not json\n" + line("c", "opne", "{}") +
      line("customers", "open", R"({"stock":1})") +
      R"({"domain":"nothing","stream":"c","command":"x"})"
      "\n" +
      line("c", "open", R"({"stock":1})", "a,b") + "\n" + line("c", "open", R"({"stock":1})"));
  const auto lines = lines_of(r.body);
  ASSERT_EQ(lines.size(), 8u) << r.body;
  for (std::size_t i = 0; i < 7; ++i)
    EXPECT_TRUE(has(lines[i], R"("line":)" + std::to_string(i + 1) + R"(,"outcome":"invalid")"))
        << lines[i];
  EXPECT_TRUE(has(lines[0], R"("pointer":"/body/stock")")) << lines[0];
  EXPECT_TRUE(has(lines[2], R"("code":"unknown_command")")) << lines[2];
  EXPECT_TRUE(has(lines[2], "did you mean 'open'?")) << lines[2];
  EXPECT_TRUE(has(lines[3], R"("pointer":"/stream")")) << lines[3];
  EXPECT_TRUE(has(lines[4], R"("code":"unknown_domain")")) << lines[4];
  EXPECT_TRUE(has(lines[5], R"("pointer":"/id")")) << lines[5];
  EXPECT_TRUE(has(lines[7], R"("line":8,"outcome":"accepted")")) << lines[7];
}

TEST_F(EdgeBatch, SharesItsIdsWithSingleCommands) {
  kit.post("/v1/redemptions/c/open", R"({"stock":9})", {{"Idempotency-Key", "k"}});
  const auto lines = lines_of(
      kit.batch(line("c", "open", R"({"stock":9})", "k") + line("c", "open", R"({"stock":8})", "k"))
          .body);
  EXPECT_TRUE(has(lines[0], R"("outcome":"accepted")")) << lines[0];
  EXPECT_TRUE(has(lines[0], R"("replayed":true)")) << lines[0];
  EXPECT_TRUE(has(lines[1], R"("outcome":"key_reused")")) << lines[1];
  EXPECT_TRUE(has(lines[1], R"("code":"idempotency_key_reused")")) << lines[1];
}

TEST_F(EdgeBatch, ChecksItsLimitsBeforeAnyLineIsTaken) {
  EdgeLimits limits;
  limits.batch_lines_max = 2;
  DeskKit small(limits);
  const std::string one = line("c", "open", R"({"stock":1})");
  EXPECT_EQ(small.batch(one + one + one).status, 413);
  EXPECT_EQ(small.get("/v1/redemptions/c").status, 404);
  EXPECT_EQ(small.batch(one + one).status, 200);
  EXPECT_EQ(small.batch("\n").status, 400);
  EXPECT_EQ(small.batch("").status, 400);
}

TEST_F(EdgeBatch, WantsItsMediaTypeAndNoHeadersOfSingleCommands) {
  EXPECT_EQ(kit.post("/v1/batch", "{}").status, 415);
  EXPECT_EQ(kit.batch("{}\n", {{"Idempotency-Key", "k"}}).status, 400);
  EXPECT_EQ(kit.batch("{}\n", {{"If-Match", "\"1\""}}).status, 400);
}

TEST_F(EdgeBatch, RunsThroughRingsAndCreditsSmallerThanItself) {
  EdgeLimits limits;
  limits.in_flight_commands_max = 7;
  limits.batch_turn_lines_max = 5;
  DeskKit small(limits, 8192);
  std::string body = line("c", "open", R"({"stock":300})");
  for (int i = 0; i < 400; ++i)
    body += line("c", "redeem", R"({"claimant":"p)" + std::to_string(i) + "\"}");
  const auto lines = lines_of(small.batch(body).body);
  ASSERT_EQ(lines.size(), 401u);
  EXPECT_TRUE(has(lines[300], R"("serial":300)")) << lines[300];
  EXPECT_TRUE(has(lines[301], R"("code":"sold_out")")) << lines[301];
}

TEST_F(EdgeBatch, AnswersPendingWhenAsked) {
  const auto lines =
      lines_of(kit.batch(line("c", "open", R"({"stock":1})"), {{"Prefer", "respond-async"}}).body);
  EXPECT_TRUE(has(lines[0], R"({"line":1,"outcome":"pending","command_id":")")) << lines[0];
}

TEST_F(EdgeBatch, SaysOfEachLineWhatIsKnownWhenTheWaitEnds) {
  EdgeLimits limits;
  limits.in_flight_commands_max = 1;
  DeskKit stuck(limits);
  const uint64_t slot =
      stuck.send("POST", "/v1/batch",
                 line("c", "open", R"({"stock":1})") + line("d", "open", R"({"stock":1})"),
                 {{"Content-Type", "application/x-ndjson"}, {"Prefer", "wait=1"}});
  stuck.desk.turn();
  stuck.wait_ms(1000);
  EXPECT_EQ(stuck.answer(slot), nullptr);
  stuck.wait_ms(limits.fate_ms_max);
  ASSERT_NE(stuck.answer(slot), nullptr);
  const auto lines = lines_of(stuck.answer(slot)->body);
  EXPECT_TRUE(has(lines[0], R"("outcome":"unavailable")")) << lines[0];
  EXPECT_TRUE(has(lines[0], R"("taken":"unknown")")) << lines[0];
  EXPECT_TRUE(has(lines[1], R"("taken":"no")")) << lines[1];
}

TEST_F(EdgeBatch, SaysOfALineThatWhatWasDecidedCannotBeReadJustNow) {
  const std::string open = R"({"domain":"redemptions","stream":"c","command":"open","id":"k",)"
                           R"("body":{"stock":5}})";
  kit.batch(open);
  kit.engine.log.fail_reads(true);
  const Response r = kit.batch(open, {{"Prefer", "respond-async"}});
  EXPECT_TRUE(has(r.body, R"("outcome":"unavailable")")) << r.body;
  EXPECT_TRUE(has(r.body, R"("code":"not_ready")")) << r.body;
}

TEST_F(EdgeBatch, SaysWhyALineIsRefusedWhereItWouldBeDecided) {
  EdgeLimits limits;
  limits.command_bytes_max = 2 << 20;  // more than a processor decides
  DeskKit kit(limits);
  std::string answers;  // strings take more as a record than as JSON
  for (int question = 1; question <= 200; ++question) {
    answers += (question == 1 ? "" : ",") + (R"({"question":)" + std::to_string(question)) +
               R"(,"answer":[)";
    for (int item = 0; item < 50; ++item)
      answers += (item == 0 ? "\"" : ",\"") + std::string(97, 'x') + "\"";
    answers += "]}";
  }
  const std::string body = R"({"student":"s","answers":[)" + answers + "]}";
  const Response one = kit.post("/v1/quizzes/q/submit", body);
  EXPECT_EQ(one.status, 400);
  EXPECT_TRUE(has(one.body, "a command may be 1048576 bytes long")) << one.body;
  const Response r = kit.batch(R"({"domain":"quizzes","stream":"q","command":"submit","body":)" +
                               body + "}\n");
  EXPECT_TRUE(has(r.body, R"({"line":1,"outcome":"invalid","command_id":")")) << r.body;
  EXPECT_TRUE(has(r.body, R"("problem":{"type":"/problems/malformed_request")")) << r.body;
  EXPECT_TRUE(has(r.body, R"("errors":[{"pointer":"","detail":"a command may be 1048576 bytes)"))
      << r.body;
}

TEST_F(EdgeBatch, AsksOnAfterItsWaitWhatBecameOfALineWhosePartitionWasLost) {
  const std::string open = R"({"domain":"redemptions","stream":"c","command":"open","id":"k",)"
                           R"("body":{"stock":5}})";
  kit.batch(open);
  const uint64_t slot = kit.send("POST", "/v1/batch", open,
                                 {{"Content-Type", "application/x-ndjson"}, {"Prefer", "wait=0"}});
  kit.desk.turn();
  kit.desk.ring();
  RequestHead asked;
  std::memcpy(&asked, kit.engine.mailbox.requests.front().value().data(), sizeof asked);
  kit.engine.mailbox.requests.pop();
  const ReplyHead lost{asked.ticket, {}, asked.partition, Answer::maybe_taken};
  std::memcpy(kit.engine.mailbox.replies.begin(sizeof lost), &lost, sizeof lost);
  kit.engine.mailbox.replies.commit();
  kit.desk.poll();
  EXPECT_EQ(kit.answer(slot), nullptr);
  kit.wait_ms(100);
  kit.settle();
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_TRUE(has(kit.answer(slot)->body, R"("outcome":"accepted")")) << kit.answer(slot)->body;
}

TEST_F(EdgeBatch, IsDroppedWhenNobodyWaitsForIt) {
  kit.send("POST", "/v1/batch", line("c", "open", R"({"stock":1})"),
           {{"Content-Type", "application/x-ndjson"}});
  kit.desk.turn();
  kit.hang_up();
  kit.wait_ms(100);
  kit.settle();
  EXPECT_EQ(kit.desk.in_flight(), 0u);
  EXPECT_FALSE(kit.desk.wants_turn());
}

TEST_F(EdgeBatch, AsksWhereAPartitionMovedToWhatBecameOfALine) {
  const std::string line =
      R"({"domain":"redemptions","stream":"c","command":"open","id":"k","body":{"stock":1}})";
  kit.batch(line);
  const auto reach_all_at = [&](uint32_t mailbox) {
    for (uint32_t dense = 0; dense < kit.engine.routes.count(); ++dense)
      kit.engine.routes.set(dense, mailbox);
  };
  reach_all_at(1);
  const uint64_t slot =
      kit.send("POST", "/v1/batch", line, {{"Content-Type", "application/x-ndjson"}});
  kit.settle();
  EXPECT_EQ(kit.answer(slot), nullptr);
  reach_all_at(0);
  kit.wait_ms(100);
  kit.settle();
  ASSERT_NE(kit.answer(slot), nullptr);
  EXPECT_TRUE(has(kit.answer(slot)->body, R"("outcome":"accepted")")) << kit.answer(slot)->body;
  EXPECT_TRUE(has(kit.answer(slot)->body, R"("replayed":true)"));
}

}  // namespace
}  // namespace spate::edge
