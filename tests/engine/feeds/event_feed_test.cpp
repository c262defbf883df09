// Golden events: other systems parse them, so they may grow but never change.
#include "engine/feeds/event_feed.hpp"

#include "engine/base/hash.hpp"
#include "engine/feeds/feed_progress.hpp"
#include "tests/engine/feeds/feeds_kit.hpp"

namespace spate::test {
namespace {

class FeedOfEvents : public Feeding {
 protected:
  std::vector<FeedRecord> render(const Fields& fields, std::size_t bytes_max = 1 << 20) {
    EventFeed feed("order-events", {"orders"}, 3, 4, bytes_max);
    append(fields);
    std::vector<FeedRecord> made;
    const auto batch = log.read(LogSide::outcomes, id, owner.tail.sequence.value, 1);
    for (const RecordView record : **batch) {
      const bool is_last = record.head.number == owner.tail.sequence.value;
      EXPECT_TRUE(!is_last || feed.render(place, record, made).has_value());
    }
    return made;
  }
};

TEST_F(FeedOfEvents, WritesACloudEventForEachEvent) {
  const auto made = render({.stream = "o-17", .cancelled = {"too late", "again"}});
  ASSERT_EQ(made.size(), 2u);
  const std::string position = feed_position(place, {1});
  EXPECT_EQ(*made[1].value,
            R"({"specversion":"1.0","id":")" + position +
                R"(.1","source":"/spate/orders/1","type":"spate.orders.cancelled","subject":"o-17",)"
                R"("time":"2001-09-09T01:46:40Z","sequence":"00000000000000000001.001",)"
                R"("commandid":"00000000000000070000000000000001","partitionkey":"o-17",)"
                R"("datacontenttype":"application/json","data":{"reason":"again"}})");
  EXPECT_EQ(*made[0].key, "o-17");
  EXPECT_EQ(made[0].topic, 3u);
  EXPECT_EQ(made[0].partition, partition_of("o-17", 4));
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"content-type", "application/cloudevents+json; charset=UTF-8"},
      {"spate-position", position}};
  EXPECT_EQ(made[0].headers, headers);
}

TEST_F(FeedOfEvents, SharesItsTextsWithOtherFeedsOfTheSameOutcome) {
  const auto texts = std::make_shared<EventTexts>();
  EventFeed one("one", {"orders"}, 0, 4, 1 << 20, texts), small("two", {"orders"}, 1, 4, 100, texts);
  append({.cancelled = {"first"}});
  append({.cancelled = {"second", "third"}});
  std::vector<FeedRecord> made;
  const auto batch = log.read(LogSide::outcomes, id, 1, 1 << 20);
  ASSERT_TRUE(batch);
  for (const RecordView record : **batch) {
    ASSERT_TRUE(one.render(place, record, made));
    ASSERT_TRUE(small.render(place, record, made));
    ASSERT_TRUE(one.render(place, record, made));
  }
  const auto second = log.read(LogSide::outcomes, id, 2, 1 << 20);
  for (const RecordView record : **second) ASSERT_TRUE(one.render(place, record, made));
  std::string seen;
  for (const FeedRecord& record : made) {
    seen += std::to_string(record.topic);
    for (const char* reason : {"first", "second", "third"})
      if (record.value->find(reason) != std::string::npos) seen += reason;
    seen += " ";
  }
  EXPECT_EQ(seen.substr(0, 17), "0first 1 0first 0");
  EXPECT_NE(seen.find("0second 0third"), std::string::npos) << seen;
}

TEST_F(FeedOfEvents, SaysNothingOfWhatDidNotHappen) {
  for (const auto kind : {envelope::Kind::rejected, envelope::Kind::refused,
                          envelope::Kind::key_reused, envelope::Kind::parked})
    EXPECT_TRUE(render({.kind = kind}).empty());
}

TEST_F(FeedOfEvents, LeavesOutDataThatItsTopicCannotHold) {
  const auto made = render({.cancelled = {std::string(2000, 'x')}}, 1000);
  ASSERT_EQ(made.size(), 1u);
  EXPECT_LT(made[0].value->size(), 1000u);
  EXPECT_NE(made[0].value->find("\"dataomitted\":\"too_large\""), std::string::npos);
  EXPECT_EQ(made[0].value->find("\"data\""), std::string::npos);
}

TEST(FeedPositionsText, ReadsWhatItWroteAndNothingElse) {
  const LogIdentity identity{{1, 2}, 3};
  const FeedPositions positions{{"dlq", {17}}, {"order-events", {18'446'744'073'709'551'615u}}};
  const std::string text = to_text(identity, positions);
  EXPECT_EQ(feed_positions_from_text(identity, text), positions);
  EXPECT_TRUE(feed_positions_from_text({{1, 2}, 4}, text).empty());
  for (const char* bad : {"", "spate-feeds 2 x", "spate-feeds 1 "})
    EXPECT_TRUE(feed_positions_from_text(identity, bad).empty());
  for (const char* tail : {"dlq", "dlq=", "dlq=x", "dlq=1x", "dlq=-1"})
    EXPECT_TRUE(feed_positions_from_text(
                    identity, "spate-feeds 1 00000000000000010000000000000002 3 " +
                                  std::string(tail)).empty())
        << tail;
}

}  // namespace
}  // namespace spate::test
