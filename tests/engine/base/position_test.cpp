// Position tokens: opaque, comparable, and refused when they are not ours.
#include "engine/base/position.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

Position sample() {
  Position p;
  p.incarnation = 7;
  p.raise({1, 3}, {500});
  p.raise({0, 2}, {1});
  return p;
}

TEST(PositionToken, ComesBackAsItWent) {
  Position back;
  ASSERT_TRUE(from_token(to_token(sample()), back));
  EXPECT_EQ(back.incarnation, 7u);
  ASSERT_EQ(back.parts.size(), 2u);
  EXPECT_EQ(back.parts[0], (std::pair{PartitionId{0, 2}, Sequence{1}}));
  EXPECT_EQ(back.parts[1], (std::pair{PartitionId{1, 3}, Sequence{500}}));
}

TEST(PositionToken, IsRefusedWithAnyCharacterChangedOrMissing) {
  const std::string token = to_token(sample());
  Position back;
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string wrong = token;
    wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(from_token(wrong, back)) << wrong;
    EXPECT_FALSE(from_token(token.substr(0, i), back)) << i;
  }
  EXPECT_FALSE(from_token("not a token", back));
}

TEST(Position, RaiseNeverLowers) {
  Position p = sample();
  p.raise({1, 3}, {400});
  EXPECT_EQ(p.parts[0].second, Sequence{500});
}

}  // namespace
}  // namespace spate
