// The log's identity survives its text, and no other text is taken for one.
#include "engine/log/kafka_identity.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

TEST(KafkaIdentity, SurvivesItsText) {
  const LogIdentity identity{{0x0123456789abcdef, 42}, 7};
  EXPECT_EQ(to_text(identity), "spate-log 1 0123456789abcdef000000000000002a 7");
  const auto read = identity_from_text(to_text(identity));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, identity.id);
  EXPECT_EQ(read->incarnation, 7u);
}

TEST(KafkaIdentity, IsNotSeenInAnythingElse) {
  for (const char* text : {"", "spate-log 1", "spate-log 2 0123456789abcdef000000000000002a 7",
                           "spate-log 1 0123456789abcdef000000000000002a 0",
                           "spate-log 1 0123456789abcdef000000000000002a 7x",
                           "spate-log 1 0123456789abcdef000000000000002a ",
                           "spate-log 1 x123456789abcdef000000000000002a 1"})
    EXPECT_FALSE(identity_from_text(text)) << text;
}

TEST(KafkaIdentity, KeepsTheNumbersOfDomains) {
  const DomainNumbers numbers{{"coupons", 2}, {"orders", 1}};
  EXPECT_EQ(to_text(numbers), "spate-domains 1 coupons=2 orders=1");
  EXPECT_EQ(domains_from_text(to_text(numbers)), numbers);
  for (const char* text : {"", "spate-domains 2", "spate-domains 1 a", "spate-domains 1 a=",
                           "spate-domains 1 a=0", "spate-domains 1 a=1 a=2",
                           "spate-domains 1 =1", "spate-domains 1  a=1", "spate-domains 1 a=70000"})
    EXPECT_FALSE(domains_from_text(text)) << text;
}

TEST(KafkaIdentity, SaysWhetherTheLogIsHere) {
  using State = KafkaMove::State;
  EXPECT_EQ(to_text(KafkaMove{}), "spate-move 1 here");
  const KafkaMove moves[] = {{State::here, {}},
                             {State::arriving, {{1, 2}, 3}},
                             {State::leaving, {{1, 2}, 3}},
                             {State::left, {{1, 2}, 3}}};
  for (const KafkaMove& move : moves) {
    EXPECT_EQ(move_from_text(to_text(move)), move);
    EXPECT_EQ(check_log_is_here(move).has_value(), move.state == State::here);
  }
  for (const char* text : {"", "spate-move 1", "spate-move 1 ", "spate-move 2 here",
                           "spate-move 1 here ", "spate-move 1 gone", "spate-move 1 left",
                           "spate-move 1 left ", "spate-move 1 left 12 3"})
    EXPECT_FALSE(move_from_text(text)) << text;
}

}  // namespace
}  // namespace spate
