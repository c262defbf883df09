// Outcome feeds: nothing is left out, nothing leaves early, and progress survives.
#include "engine/feeds/outcome_feeds.hpp"

#include "engine/feeds/event_feed.hpp"
#include "tests/engine/feeds/feeds_kit.hpp"

namespace spate::test {
namespace {

class FeedsOfOutcomes : public Feeding {
 protected:
  FeedsOfOutcomes() { begin({"order-events"}); }

  /// A node that starts, with the topics and notes as they are.
  void begin(const std::vector<std::string>& names) {
    OutcomeFeedsParts parts;
    parts.log = &log;
    parts.client = &client;
    parts.clock = &clock;
    parts.catalog = catalog.get();
    parts.owns = [this](PartitionId partition) { return mine && partition == id; };
    for (std::size_t i = 0; i < names.size(); ++i)
      parts.feeds.push_back(std::make_unique<EventFeed>(
          names[i], std::vector<std::string>{"orders"}, i, uint16_t{4}, 1 << 20));
    parts.limits = limits;
    parts.tell = [this](const std::string& what) { told += what + "\n"; };
    feeds = std::make_unique<OutcomeFeeds>(std::move(parts));
  }
  void settle() {
    do {
      while (*feeds->step() == Step::worked) continue;
      client.deliver();
    } while (!client.to_report.empty());
  }
  void pass_time() {
    clock.advance_ns(limits.note_interval_ns + limits.retry_delay_ns);
    settle();
  }
  /// "1 2 3": the reasons in the order in which the topic has them.
  std::string seen(std::size_t topic = 0) {
    std::string text;
    for (const auto& record : client.sent[topic]) {
      const std::size_t at = record.value->find("\"reason\":\"") + 10;
      text += (text.empty() ? "" : " ") + record.value->substr(at, record.value->find('"', at) - at);
    }
    return text;
  }

  FeedLimits limits;
  RememberingClient client{{{"order-events", 4}, {"analytics-events", 4}}};
  bool mine = true;
  std::string told;
  std::unique_ptr<OutcomeFeeds> feeds;
};

TEST_F(FeedsOfOutcomes, CarryEveryEventInOrder) {
  append_events(1, 3);
  append({.kind = envelope::Kind::rejected});
  append({.cancelled = {"4", "5"}});
  settle();
  EXPECT_EQ(seen(), "1 2 3 4 5");
  EXPECT_EQ(feeds->of(id)->fed.get(), 5u);
  EXPECT_EQ(feeds->of(id)->records.get(), 5u);
}

TEST_F(FeedsOfOutcomes, CarryNothingThatIsNotDurable) {
  append({.cancelled = {"1"}}, false);
  settle();
  EXPECT_EQ(seen(), "");
  log.make_durable(id);
  settle();
  EXPECT_EQ(seen(), "1");
}

TEST_F(FeedsOfOutcomes, GoOnBehindWhatWasNoted) {
  append_events(1, 3);
  settle();
  pass_time();
  EXPECT_EQ(client.noted["orders/1"],
            "spate-feeds 1 00000000000000010000000000000001 1 order-events=3");
  begin({"order-events"});
  append_events(4, 5);
  settle();
  EXPECT_EQ(seen(), "1 2 3 4 5");
}

TEST_F(FeedsOfOutcomes, RepeatAfterACrashOnlyWhatWasNotNotedAndWithTheSamePosition) {
  append_events(1, 2);
  settle();
  pass_time();
  append_events(3, 4);
  settle();
  begin({"order-events"});
  settle();
  EXPECT_EQ(seen(), "1 2 3 4 3 4");
  EXPECT_EQ(client.sent[0][2].headers.at("spate-position"),
            client.sent[0][4].headers.at("spate-position"));
  EXPECT_EQ(client.sent[0][2].value, client.sent[0][4].value);
}

TEST_F(FeedsOfOutcomes, NoteNothingThatIsStillUnderWay) {
  append_events(1, 3);
  while (*feeds->step() == Step::worked) continue;
  ASSERT_EQ(client.unreported.size(), 3u);
  client.to_report.push_back(client.unreported[2]);  // the last arrives first
  clock.advance_ns(limits.note_interval_ns);
  ASSERT_TRUE(feeds->step());
  EXPECT_TRUE(client.noted.empty());
  client.to_report.push_back(client.unreported[0]);
  clock.advance_ns(limits.note_interval_ns);
  ASSERT_TRUE(feeds->step());
  EXPECT_NE(client.noted["orders/1"].find("order-events=1"), std::string::npos);
}

TEST_F(FeedsOfOutcomes, SendAgainAfterAFailureWithoutAGap) {
  append_events(1, 2);
  settle();
  append_events(3, 5);
  while (*feeds->step() == Step::worked) continue;
  client.to_report.push_back(client.unreported[0]);
  client.failure = "the broker refused it";
  ASSERT_TRUE(feeds->step());
  EXPECT_EQ(client.reopened, 1);
  EXPECT_NE(told.find("the broker refused it"), std::string::npos);
  pass_time();
  EXPECT_EQ(seen(), "1 2 3 4 5 4 5");
  EXPECT_EQ(feeds->of(id)->fed.get(), 5u);
}

TEST_F(FeedsOfOutcomes, BelongToTheOwnerAlone) {
  mine = false;
  append_events(1, 2);
  settle();
  EXPECT_EQ(seen(), "");
  EXPECT_EQ(client.asked, 0);
  client.noted["orders/1"] = "spate-feeds 1 00000000000000010000000000000001 1 order-events=1";
  mine = true;
  settle();
  EXPECT_EQ(seen(), "2");
  append_events(3, 3);
  mine = false;
  settle();
  EXPECT_EQ(seen(), "2");
}

TEST_F(FeedsOfOutcomes, WaitUntilTheNotesCanBeRead) {
  client.unreachable = true;
  append_events(1, 1);
  settle();
  EXPECT_EQ(seen(), "");
  client.unreachable = false;
  settle();
  EXPECT_EQ(seen(), "");  // not asked again at once
  pass_time();
  EXPECT_EQ(seen(), "1");
}

TEST_F(FeedsOfOutcomes, BeginANewFeedAtTheBeginningAndGoOnWithTheOthers) {
  append_events(1, 3);
  settle();
  pass_time();
  begin({"order-events", "analytics-events"});
  append_events(4, 4);
  settle();
  EXPECT_EQ(seen(0), "1 2 3 4");
  EXPECT_EQ(seen(1), "1 2 3 4");
  pass_time();
  EXPECT_NE(client.noted["orders/1"].find("analytics-events=4 order-events=4"), std::string::npos);
}

TEST_F(FeedsOfOutcomes, BeginAtTheBeginningForTheNotesOfAnotherLog) {
  client.noted["orders/1"] = "spate-feeds 1 0000000000000001000000000000000f 1 order-events=1";
  append_events(1, 2);
  settle();
  EXPECT_EQ(seen(), "1 2");
}

TEST_F(FeedsOfOutcomes, AreHeldUpByAFullClientAndGoOn) {
  client.room = 2;
  append_events(1, 5);
  EXPECT_EQ(*feeds->step(), Step::blocked);
  EXPECT_EQ(seen(), "1 2");
  settle();
  EXPECT_EQ(seen(), "1 2 3 4 5");
}

TEST_F(FeedsOfOutcomes, WaitAtAnEventThatThisVersionDoesNotKnow) {
  append_events(1, 1);
  append({.cancelled = {"2"}, .event_type = 77});
  append_events(3, 3);
  settle();
  pass_time();
  EXPECT_EQ(seen(), "1");
  EXPECT_EQ(feeds->of(id)->fed.get(), 1u);
  EXPECT_NE(told.find("event 77 of orders is not known"), std::string::npos);
}

TEST_F(FeedsOfOutcomes, NoteAtTheEndWhatHasArrived) {
  append_events(1, 3);
  while (*feeds->step() == Step::worked) continue;
  feeds->finish(1'000);
  EXPECT_NE(client.noted["orders/1"].find("order-events=3"), std::string::npos);
}

}  // namespace
}  // namespace spate::test
