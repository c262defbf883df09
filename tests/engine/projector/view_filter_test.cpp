// What surely is not in a store: right however little memory there is, and never more than that.
#include "engine/projector/view_filter.hpp"

#include <gtest/gtest.h>

#include "engine/base/hash.hpp"

namespace spate {
namespace {

uint64_t hash_of(uint64_t number) {
  return xxh3_64({reinterpret_cast<const uint8_t*>(&number), sizeof number});
}

/// Of 10,000 keys that are not in it: how many it cannot rule out.
uint64_t maybes(const ViewFilter& filter) {
  uint64_t count = 0;
  for (uint64_t n = 0; n < 10'000; ++n) count += filter.may_hold(hash_of(1'000'000'000 + n));
  return count;
}

TEST(ViewFilter, NeverDeniesWhatIsThereHoweverLittleRoomItHas) {
  constexpr std::size_t room_bytes = 256 << 10;
  const auto room = std::make_shared<FilterRoom>(room_bytes);
  {
    ViewFilter filter(room), other(room);
    filter.complete();
    std::size_t left = room->left();
    for (uint64_t n = 0; n < 300'000; ++n) {
      filter.add(hash_of(n));
      left = std::min(left, room->left());
    }
    for (uint64_t n = 0; n < 300'000; ++n) ASSERT_TRUE(filter.may_hold(hash_of(n))) << n;
    EXPECT_GT(left, 0u) << "the next store would have none";
    EXPECT_LT(left, room_bytes / 2);
    for (uint64_t n = 0; n < 100'000; ++n) other.add(hash_of(n));
    EXPECT_LE(room->left(), left);
  }
  EXPECT_EQ(room->left(), room_bytes) << "stores that are gone leave their room";
}

TEST(ViewFilter, RulesOutAlmostAllThatIsNotThereWhereItHasRoom) {
  ViewFilter filter(std::make_shared<FilterRoom>(std::size_t{16} << 20));
  filter.complete();
  EXPECT_EQ(maybes(filter), 0u);
  for (uint64_t n = 0; n < 300'000; ++n) filter.add(hash_of(n));
  EXPECT_LT(maybes(filter), 10u);
}

TEST(ViewFilter, WithoutRoomRulesOutWhatItCan) {
  ViewFilter filter(std::make_shared<FilterRoom>(0));
  EXPECT_EQ(maybes(filter), 10'000u) << "it is not complete";
  filter.complete();
  for (uint64_t n = 0; n < 200'000; ++n) filter.add(hash_of(n));
  EXPECT_LT(maybes(filter), 500u);
  for (uint64_t n = 0; n < 200'000; ++n) ASSERT_TRUE(filter.may_hold(hash_of(n))) << n;
}

}  // namespace
}  // namespace spate
