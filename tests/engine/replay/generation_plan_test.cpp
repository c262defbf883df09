// GenerationPlan: what is written is read again; what is damaged is refused.
#include "engine/replay/generation_plan.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

GenerationPlan full_plan() {
  GenerationPlan plan;
  plan.next = 7;
  plan.serve("orders", 6);
  plan.serve("quizzes", 1);
  GenerationPlan::Rebuild& rebuild = plan.rebuild.emplace();
  rebuild.generation = 6;
  rebuild.phase = RebuildPhase::switched;
  rebuild.paused = true;
  rebuild.wish = {{"orders"}, RebuildWish::Expect::fields, {"total", "order.state"}, true, 45, 3};
  rebuild.previous = {{"orders", 4}};
  rebuild.reason = "outcome 3 of partition 1/0: two\nlines";
  return plan;
}

TEST(GenerationPlan, IsReadAsItWasWritten) {
  const std::string text = full_plan().text();
  const auto read = GenerationPlan::parse(text);
  ASSERT_TRUE(read.has_value()) << text;
  EXPECT_EQ(read->text(), text);
  EXPECT_EQ(read->generation_of("orders"), 6u);
  EXPECT_EQ(read->generation_of("coupons"), 1u) << "what nobody named is served by the first";
  EXPECT_EQ(read->generations(), (std::vector<uint32_t>{1, 4, 6}));
  EXPECT_EQ(read->rebuild->wish.fields, (std::vector<std::string>{"total", "order.state"}));
  EXPECT_EQ(read->rebuild->wish.budget_percent, 45u);
  EXPECT_TRUE(read->rebuild->wish.hold);
  EXPECT_TRUE(read->rebuild->paused);
  EXPECT_EQ(read->rebuild->reason, "outcome 3 of partition 1/0: two lines");
  EXPECT_TRUE(GenerationPlan::parse(GenerationPlan().text()).has_value());
}

TEST(GenerationPlan, EveryFlippedBitAndEveryCutIsRefused) {
  const std::string text = full_plan().text();
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      ASSERT_FALSE(GenerationPlan::parse(flipped).has_value()) << at << " " << bit;
    }
    ASSERT_FALSE(GenerationPlan::parse(text.substr(0, at)).has_value()) << at;
  }
}

}  // namespace
}  // namespace spate
