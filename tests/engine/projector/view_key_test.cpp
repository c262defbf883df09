// View keys: bytes that sort as the things they name do.
#include "engine/projector/view_key.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

std::string key(ViewScope scope, std::string_view stream, std::string_view item, uint16_t index) {
  std::string out;
  view_key({1, index}, scope, {3, item}, stream, out);
  return out;
}
std::string newest(int64_t ns, std::string_view stream) {
  std::string out;
  newest_key({1, 0}, 3, {ns}, stream, out);
  return out;
}

TEST(ViewKey, SortsByStreamThenItemThenPartition) {
  const auto stream = [](std::string_view s, uint16_t p) {
    return key(ViewScope::stream, s, {}, p);
  };
  EXPECT_LT(stream("a", 9), stream("aa", 0));
  EXPECT_LT(stream("a", 0), stream("a", 1));
  EXPECT_LT(stream("a", 255), stream("a", 256));
  EXPECT_LT(stream("z", 0), stream("\xc3\xa9", 0)) << "bytes, not letters";
  const auto item = [](std::string_view s, std::string_view i) {
    return key(ViewScope::item, s, i, 0);
  };
  EXPECT_LT(item("a", "z"), item("aa", "a"));
  EXPECT_LT(item("a", "b"), item("a", "ba"));
}

TEST(ViewKey, PutsTheNewestFirstAndTiesByStream) {
  EXPECT_LT(newest(2'000'000'000, "z"), newest(1'999'999'999, "a"));
  EXPECT_LT(newest(5, "a"), newest(5, "b"));
}

TEST(ViewKey, RangesHoldTheirOwnAndNothingElse) {
  const auto holds = [](const KeyRange& range, const std::string& k) {
    return range.from <= k && k < range.to;
  };
  const std::string a = key(ViewScope::item, "s", "a", 0xffff);
  EXPECT_TRUE(holds(item_range(1, 3, "s"), a));
  EXPECT_FALSE(holds(item_range(1, 3, "s"), key(ViewScope::item, "ss", "a", 0)));
  EXPECT_FALSE(holds(item_range(1, 3, "ss"), a));
  EXPECT_TRUE(holds(section_range(1, 3, ViewSection::views), a));
  EXPECT_FALSE(holds(section_range(1, 2, ViewSection::views), a));
  EXPECT_FALSE(holds(section_range(1, 3, ViewSection::newest), a));
  EXPECT_TRUE(holds(section_range(1, 3, ViewSection::newest), newest(0, "s")));
  EXPECT_TRUE(holds(domain_range(1), a) && holds(domain_range(1), newest(0, "s")));
  EXPECT_FALSE(holds(domain_range(2), a));
}

TEST(ViewKey, TellsItsParts) {
  const std::string k = key(ViewScope::item, "s", "a", 300);
  EXPECT_EQ(partition_in(k), (PartitionId{1, 300}));
  EXPECT_EQ(body_in(k), std::string_view("s\0a", 3));
}

}  // namespace
}  // namespace spate
