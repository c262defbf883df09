// What a desk holds for its clients: counted to the last byte, and never more than a piece of work
// beyond its limit.
#include <gtest/gtest.h>

#include "tests/engine/edge/desk_kit.hpp"

namespace spate::edge {
namespace {

constexpr std::size_t works = 6;

std::string batch_of(int lines) {
  std::string body;
  for (int i = 0; i < lines; ++i)
    body += R"({"domain":"redemptions","stream":"c","command":"redeem","body":{"claimant":"p)" +
            std::to_string(i) + "\"}}\n";
  return body;
}

struct Held {
  std::size_t begun = 0;  ///< when all were sent and nothing was done
  std::size_t most = 0;
};

/// What is held while some works run at once, each answered in the end.
template <class Send>
Held held_by(EdgeLimits limits, std::size_t count, const Send& send) {
  DeskKit kit(limits);
  kit.post("/v1/redemptions/c/open", R"({"stock":1000})");
  kit.batch(batch_of(300));
  EXPECT_EQ(kit.held.sum(), 0u);
  std::vector<uint64_t> slots;
  for (std::size_t i = 0; i < count; ++i) slots.push_back(send(kit));
  Held held{kit.held.sum(), kit.held.sum()};
  for (int turns = 0; kit.desk.wants_turn() || kit.desk.in_flight() > 0; ++turns) {
    kit.desk.turn();
    held.most = std::max(held.most, kit.held.sum());
    kit.desk.ring();
    kit.engine.step();
    kit.desk.poll();
    held.most = std::max(held.most, kit.held.sum());
    if (turns % 10 == 9) kit.wait_ms(limits.tick_ms);
    if (turns > 10'000) break;
  }
  for (const uint64_t slot : slots) {
    const Response* answer = kit.answer(slot);
    EXPECT_TRUE(answer != nullptr && answer->status == 200);
  }
  EXPECT_EQ(kit.held.sum(), 0u) << "everything was given back";
  return held;
}

uint64_t send_batch(DeskKit& kit) {
  return kit.send("POST", "/v1/batch", batch_of(300),
                  {{"Content-Type", "application/x-ndjson"}, {"Prefer", "wait=30"}});
}

uint64_t send_history(DeskKit& kit) {
  return kit.send("GET", "/v1/redemptions/c/history?limit=300");
}

TEST(HeldBytes, OfBatchesAreOneBatchMoreThanMayBe) {
  EdgeLimits limits;
  limits.batch_turn_lines_max = 7;
  const Held one = held_by(limits, 1, send_batch);
  const Held all = held_by(limits, works, send_batch);
  const std::size_t answers = one.most - one.begun;
  EXPECT_GT(all.most, all.begun + answers * (works - 1))
      << "unless they are held back, all grow at once";
  limits.held_bytes_max = all.begun + answers / 2;
  EXPECT_LE(held_by(limits, works, send_batch).most, limits.held_bytes_max + 2 * answers);
}

TEST(HeldBytes, OfHistoriesAreOnePageMoreThanMayBe) {
  EdgeLimits limits;
  limits.walk_turn_outcomes_max = 50;
  const std::size_t one = held_by(limits, 1, send_history).most;
  EXPECT_GT(held_by(limits, works, send_history).most, one * (works - 1))
      << "unless they are held back, all grow at once";
  limits.held_bytes_max = one / 2;
  EXPECT_LE(held_by(limits, works, send_history).most, limits.held_bytes_max + one);
}

TEST(HeldBytes, LeaveNoRoomForABatchThatWouldNotFit) {
  EdgeLimits limits;
  const std::string body = batch_of(100);
  limits.held_bytes_max = body.size() - 1;
  DeskKit kit(limits);
  const Response r = kit.batch(body);
  EXPECT_EQ(r.status, 503);
  EXPECT_TRUE(has(r.body, R"("code":"overloaded")") && has(r.body, R"("taken":"no")")) << r.body;
  EXPECT_EQ(kit.batch(batch_of(10)).status, 200);
  EXPECT_EQ(kit.held.sum(), 0u);
}

TEST(HeldBytes, BeyondTheirLimitTakeTheCreditWithoutWhichNobodyIsRead) {
  DeskKit kit;
  EXPECT_TRUE(kit.desk.has_credit());
  kit.held.change(0, EdgeLimits{}.held_bytes_max + 1);
  EXPECT_FALSE(kit.desk.has_credit());
  kit.held.change(1, 0);
  EXPECT_TRUE(kit.desk.has_credit());
}

TEST(HeldBytes, AreGivenBackByWhoHangsUp) {
  EdgeLimits limits;
  DeskKit kit(limits);
  kit.batch(batch_of(300));
  send_batch(kit);
  send_history(kit);
  kit.desk.turn();
  EXPECT_GT(kit.held.sum(), batch_of(300).size());
  kit.hang_up();
  kit.settle();
  EXPECT_EQ(kit.held.sum(), 0u);
}

TEST(HeldBytes, HoldBackOneAfterAnother) {
  HeldBytes held(1000);
  const auto grow_to = [&](std::size_t sum) { held.change(held.sum(), sum); };
  grow_to(501);
  EXPECT_TRUE(held.is_tight() && held.may_receive());
  grow_to(751);
  EXPECT_TRUE(!held.may_receive() && held.has_room(249) && !held.has_room(250));
  grow_to(1000);
  EXPECT_FALSE(held.is_over());
  grow_to(1001);
  EXPECT_TRUE(held.is_over() && held.is_nearly_over());
  grow_to(0);
  EXPECT_FALSE(held.is_tight() || held.is_over() || held.is_nearly_over());
}

}  // namespace
}  // namespace spate::edge
