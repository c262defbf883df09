// Answers that are read from the log again: in turns, so that a storm of them starves nobody (D4).
#include <gtest/gtest.h>

#include "tests/engine/edge/desk_kit.hpp"

namespace spate::edge {
namespace {

EdgeLimits few() {
  EdgeLimits limits;
  limits.replays_per_turn_max = 2;
  limits.replays_waiting_max = 4;
  return limits;
}

struct EdgeRepeats : testing::Test {
  EdgeRepeats() {
    kit.post("/v1/redemptions/c/open", R"({"stock":5})");
    first = redeem("ann", "k");
  }
  uint64_t send_redeem(const std::string& claimant, const std::string& key) {
    return kit.send("POST", "/v1/redemptions/c/redeem", R"({"claimant":")" + claimant + "\"}",
                    {{"Content-Type", "application/json"}, {"Idempotency-Key", key}});
  }
  Response redeem(const std::string& claimant, const std::string& key) {
    const uint64_t slot = send_redeem(claimant, key);
    kit.settle();
    return *kit.answer(slot);
  }
  std::vector<uint64_t> send_repeats(int times) {
    std::vector<uint64_t> slots;
    for (int i = 0; i < times; ++i) slots.push_back(send_redeem("ann", "k"));
    return slots;
  }
  /// The processors have answered; what is durable has left them.
  void bring_replies() {
    kit.desk.ring();
    while (kit.engine.step()) {
    }
    kit.desk.poll();
  }
  std::size_t answered(const std::vector<uint64_t>& slots) {
    return static_cast<std::size_t>(std::count_if(
        slots.begin(), slots.end(), [&](uint64_t slot) { return kit.answer(slot) != nullptr; }));
  }

  DeskKit kit{few()};
  Response first;
};

TEST_F(EdgeRepeats, AreReadAFewATurnAndNewAnswersDoNotWaitForThem) {
  const auto repeats = send_repeats(4);
  const uint64_t fresh = send_redeem("bob", "l");
  bring_replies();
  EXPECT_NE(kit.answer(fresh), nullptr);
  EXPECT_EQ(answered(repeats), 0u);
  EXPECT_EQ(kit.desk.in_flight(), 0u) << "who waits for a reading holds no credit";
  ASSERT_TRUE(kit.desk.wants_turn());
  kit.desk.turn();
  EXPECT_EQ(answered(repeats), 2u);
  kit.desk.turn();
  EXPECT_EQ(answered(repeats), 4u);
  EXPECT_FALSE(kit.desk.wants_turn());
  for (uint64_t slot : repeats) EXPECT_EQ(kit.answer(slot)->body, first.body);
}

TEST_F(EdgeRepeats, BeyondThoseThatMayWaitAreToldToComeAgain) {
  const auto repeats = send_repeats(6);
  kit.settle();
  ASSERT_EQ(answered(repeats), 6u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(kit.answer(repeats[i])->status, 200);
  for (int i = 4; i < 6; ++i) {
    const Response& refused = *kit.answer(repeats[i]);
    EXPECT_EQ(refused.status, 503);
    EXPECT_TRUE(has(refused.body, R"("code":"overloaded","taken":"unknown")")) << refused.body;
    EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  }
  EXPECT_EQ(redeem("ann", "k").body, first.body);
}

TEST_F(EdgeRepeats, OfWhoHungUpAreNotRead) {
  const auto repeats = send_repeats(4);
  bring_replies();
  kit.hang_up();
  kit.wait_ms(100);
  kit.desk.turn();
  EXPECT_EQ(answered(repeats), 0u);
  EXPECT_FALSE(kit.desk.wants_turn()) << "nothing was read, so all four went in one turn";
}

TEST_F(EdgeRepeats, OfABatchAreReadInTurnsToo) {
  std::string lines;
  for (int i = 0; i < 8; ++i)
    lines +=
        R"({"domain":"redemptions","stream":"c","command":"redeem","id":"k","body":{"claimant":"ann"}})"
        "\n";
  const Response answers = kit.batch(lines);
  EXPECT_EQ(answers.status, 200);
  std::size_t replayed = 0;
  for (std::size_t at = 0; (at = answers.body.find(R"("replayed":true)", at)) != std::string::npos;
       ++at)
    ++replayed;
  EXPECT_EQ(replayed, 8u) << answers.body;
}

}  // namespace
}  // namespace spate::edge
