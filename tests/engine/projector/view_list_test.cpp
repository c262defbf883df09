// Lists: ordered over partitions and layers, with cursors that what arrives does not move.
#include <gtest/gtest.h>

#include "tests/engine/projector/projector_kit.hpp"
#include "tests/support/log_records.hpp"

namespace spate {
namespace {

using namespace text_event;

struct FourPartitions {
  MemoryLog log{log_topology({{"texts", 4}})};
  std::vector<std::unique_ptr<OutcomeLog>> outcomes;
  MemoryViews store;
  ProjectorLife life{log, store};

  FourPartitions() {
    for (uint16_t i = 0; i < 4; ++i)
      outcomes.push_back(std::make_unique<OutcomeLog>(log, PartitionId{1, i}));
  }
  /// In the stream's own partition.
  void accept(const std::string& stream, std::vector<WrittenEvent> events) {
    outcomes[partition_of(stream, 4)]->accept(stream, std::move(events));
    life.settle();
  }
  ListQuery streams(std::size_t limit, std::string_view after = {}) {
    ListQuery query;
    query.domain = 1;
    query.view = text_view::stream;
    query.limit = limit;
    query.after = after;
    return query;
  }
  ListQuery newest(std::size_t limit, std::string_view after = {}) {
    ListQuery query = streams(limit, after);
    query.view = text_view::dated;
    return query;
  }
  ListQuery items(std::string_view stream, std::size_t limit, std::string_view after = {}) {
    ListQuery query = streams(limit, after);
    query.view = text_view::item;
    query.stream = stream;
    return query;
  }
};

TEST(ViewList, MergesThePartitionsInKeyOrder) {
  FourPartitions f;
  for (const char* stream : {"d", "b", "aa", "c", "a", "e"})
    f.accept(stream, {{put_stream, stream}});
  EXPECT_EQ(f.life.list(f.streams(10)), "a=a aa=aa b=b c=c d=d e=e | ");
  EXPECT_EQ(f.life.list(f.streams(2)), "a=a aa=aa | aa");
  EXPECT_EQ(f.life.list(f.streams(3, "aa")), "b=b c=c d=d | d");
  EXPECT_EQ(f.life.list(f.streams(3, "d")), "e=e | ");
  EXPECT_EQ(f.life.list(f.streams(3, "zz")), "| ");
}

TEST(ViewList, MergesActiveFrozenAndStoredViews) {
  FourPartitions f;
  for (const char* key : {"a 1", "b 1", "c 1", "d 1"}) f.accept("s", {{put_item, key}});
  f.life.checkpoint();
  f.accept("s", {{put_item, "b 2"}, {erase_item, "c"}, {put_item, "e 2"}});
  ASSERT_FALSE(f.life.projector.freeze_all());
  f.outcomes[partition_of("s", 4)]->accept(
      "s", {{put_item, "a 3"}, {put_item, "c 3"}, {erase_item, "d"}, {put_item, "b 3"}});
  f.life.fold();
  ASSERT_TRUE(
      f.life.views.partition({1, static_cast<uint16_t>(partition_of("s", 4))}).has_frozen());
  EXPECT_EQ(f.life.list(f.items("s", 10)), "a=3 b=3 c=3 e=2 | ");
  EXPECT_EQ(f.life.list(f.items("s", 2, "a")), "b=3 c=3 | c");
  f.life.checkpoint();
  EXPECT_EQ(f.life.list(f.items("s", 10)), "a=3 b=3 c=3 e=2 | ");
}

TEST(ViewList, ShowsTheItemsOfOneStreamAlone) {
  FourPartitions f;
  f.accept("s", {{put_item, "a 1"}});
  f.accept("s1", {{put_item, "b 1"}});
  f.accept("t", {{put_item, "c 1"}});
  EXPECT_EQ(f.life.list(f.items("s", 10)), "a=1 | ");
  EXPECT_EQ(f.life.list(f.items("none", 10)), "| ");
}

TEST(ViewList, SortsByTheFirstOutcomeNewestFirstWithTiesByKey) {
  FourPartitions f;
  // Each partition has its own clock in this log: the first of each is at second 1, and so on.
  for (const char* stream : {"a", "b", "c", "d", "e", "f", "g", "h"})
    f.accept(stream, {{put_dated, stream}});
  const std::string all = f.life.list(f.newest(10));
  std::vector<std::pair<int64_t, std::string>> expected;
  std::map<uint32_t, int64_t> seconds;
  for (const char* stream : {"a", "b", "c", "d", "e", "f", "g", "h"})
    expected.emplace_back(-++seconds[partition_of(stream, 4)], stream);
  std::sort(expected.begin(), expected.end());
  std::string text;
  for (const auto& [time, stream] : expected) text += stream + "=" + stream + " ";
  EXPECT_EQ(all, text + "| ");
}

TEST(ViewList, KeepsAStreamsPlaceWhenItChanges) {
  FourPartitions f;
  f.accept("s", {{put_dated, "1"}});
  f.life.checkpoint();
  f.accept("s", {{put_dated, "2"}});
  f.accept("s", {{put_dated, "3"}});
  EXPECT_EQ(f.life.list(f.newest(10)), "s=3 | ");
}

TEST(ViewList, CursorsOfNewestFirstListsAreStableWhileItemsArrive) {
  FourPartitions f;
  // One partition, so that time and order are one.
  std::vector<std::string> streams;
  for (int n = 0; streams.size() < 6; ++n)
    if (partition_of("s" + std::to_string(n), 4) == 0) streams.push_back("s" + std::to_string(n));
  for (int n = 0; n < 4; ++n) f.accept(streams[n], {{put_dated, "x"}});
  const auto first = f.life.views.list(f.newest(2));
  ASSERT_EQ(first->items.size(), 2u);
  EXPECT_EQ(first->items[0].key, streams[3]);
  f.accept(streams[4], {{put_dated, "x"}});
  f.life.checkpoint();
  f.accept(streams[5], {{put_dated, "x"}});
  const auto second = f.life.views.list(f.newest(2, first->next));
  ASSERT_EQ(second->items.size(), 2u);
  EXPECT_EQ(second->items[0].key, streams[1]);
  EXPECT_EQ(second->items[1].key, streams[0]);
  EXPECT_EQ(second->next, "");
}

TEST(ViewList, RefusesACursorOfAnotherList) {
  FourPartitions f;
  EXPECT_EQ(f.life.list(f.newest(2, "zz")), "fault cursor_invalid");
  EXPECT_EQ(f.life.list(f.newest(2, "0123456789abcdeXs")), "fault cursor_invalid");
  EXPECT_EQ(f.life.list(f.streams(2, std::string_view("a\0b", 3))), "fault cursor_invalid");
}

TEST(ViewList, LooksAtNoMoreThanItMayAndThePageIsShortThen) {
  FourPartitions f;
  for (char c = 'a'; c <= 'j'; ++c)
    f.accept("s", {{put_item, std::string(1, c) + " " + (c % 2 == 0 ? "even" : "odd")}});
  ListQuery query = f.items("s", 3);
  query.keep = [](Bytes value) { return as_text(value) == "even"; };
  EXPECT_EQ(f.life.list(query), "b=even d=even f=even | f");
  query.scan_max = 4;
  EXPECT_EQ(f.life.list(query), "b=even d=even | d");
  query.after = "d";
  EXPECT_EQ(f.life.list(query), "f=even h=even | h");
  query.after = "h";
  EXPECT_EQ(f.life.list(query), "j=even | ");
  query.scan_max = 1;
  query.after = "h";
  EXPECT_EQ(f.life.list(query), "| i");
}

TEST(ViewList, EndsAPageThatIsLargeAndALargerViewComesAlone) {
  FourPartitions f;
  const std::string large(50, 'x');
  for (const std::string& item :
       std::vector<std::string>{"a 12345", "b 12345", "c 12345", "d " + large, "e 12345"})
    f.accept("s", {{put_item, item}});
  ListQuery query = f.items("s", 10);
  query.bytes_max = 10;
  EXPECT_EQ(f.life.list(query), "a=12345 b=12345 | b");
  query.after = "b";
  EXPECT_EQ(f.life.list(query), "c=12345 d=" + large + " | d");
  query.after = "c";
  EXPECT_EQ(f.life.list(query), "d=" + large + " | d");
  query.after = "d";
  EXPECT_EQ(f.life.list(query), "e=12345 | ");
}

TEST(ViewList, CountsNoBytesOfWhatItsFilterDrops) {
  FourPartitions f;
  for (char c = 'a'; c <= 'd'; ++c)
    f.accept("s", {{put_item, std::string(1, c) + (c < 'c' ? " odd" : " even")}});
  ListQuery query = f.items("s", 10);
  query.keep = [](Bytes value) { return as_text(value) == "even"; };
  query.bytes_max = 5;
  EXPECT_EQ(f.life.list(query), "c=even d=even | ");
}

TEST(ViewList, PastErasedItemsGoesOnWithinItsBound) {
  FourPartitions f;
  for (char c = 'a'; c <= 'e'; ++c) f.accept("s", {{put_item, std::string(1, c) + " 1"}});
  f.accept("s", {{erase_item, "b"}, {erase_item, "c"}});
  EXPECT_EQ(f.life.list(f.items("s", 2)), "a=1 d=1 | d");
}

TEST(GatheredView, HasOnePartForEachPartitionThatKnowsIt) {
  FourPartitions f;
  for (uint16_t i : {0, 2, 3})
    f.outcomes[i]->accept("s" + std::to_string(i), {{put_gathered, "c " + std::to_string(i)}});
  f.life.checkpoint();
  f.outcomes[3]->accept("s3", {{put_gathered, "c 33"}});
  f.life.settle();
  const auto parts = *f.life.views.gather(1, text_view::gathered, "c");
  EXPECT_EQ(parts, (std::vector<std::string>{"0", "2", "33"}));
  EXPECT_TRUE(f.life.views.gather(1, text_view::gathered, "none")->empty());
}

}  // namespace
}  // namespace spate
