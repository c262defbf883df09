// Feeds of events that changed: readers elsewhere see the newest version, whatever was written.
#include "engine/feeds/event_feed.hpp"
#include "tests/engine/feeds/feeds_kit.hpp"
#include "tests/engine/projector/outcome_log.hpp"
#include "tests/support/old_events.hpp"

namespace spate::test {
namespace {

class FeedOfOldEvents : public testing::Test {
 protected:
  FeedOfOldEvents() : log_(Topology({{"meters", 1, 2}})), outcomes_(log_, id_) {}

  Result<std::vector<FeedRecord>> render(std::vector<WrittenEvent> events,
                                         std::size_t bytes_max = 1 << 20) {
    outcomes_.accept("m-1", std::move(events));
    EventFeed feed("readings", {"meters"}, 0, 4, bytes_max);
    std::vector<FeedRecord> made;
    TRY(const BatchPtr batch,
        log_.read(LogSide::outcomes, id_, outcomes_.tail().sequence.value, 1));
    for (const RecordView record : *batch)
      if (record.head.number == outcomes_.tail().sequence.value)
        TRY(feed.render({meters_.plan(), id_, 1}, record, made));
    return made;
  }

  static constexpr PartitionId id_{1, 1};
  Meters meters_;
  MemoryLog log_;
  OutcomeLog outcomes_;
};

TEST_F(FeedOfOldEvents, SendsTheNewestVersion) {
  const auto made = render({{1, counted(5)}, {2, counted(6000)}});
  ASSERT_TRUE(made) << made.error().detail;
  ASSERT_EQ(made->size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string& event = *(*made)[i].value;
    EXPECT_NE(event.find(R"("type":"spate.meters.counted_v3")"), std::string::npos) << event;
    EXPECT_NE(event.find(R"("data":{"amount":")" + std::to_string(5 + i) + R"( units"})"),
              std::string::npos)
        << event;
  }
  const auto small = render({{1, counted(5)}}, 10);
  ASSERT_TRUE(small && small->size() == 1);
  EXPECT_NE(small->front().value->find("spate.meters.counted_v3"), std::string::npos);
  EXPECT_NE(small->front().value->find(R"("dataomitted":"too_large")"), std::string::npos);
}

TEST_F(FeedOfOldEvents, StopsAtOneThatCannotBeUpcast) {
  ASSERT_TRUE(render({{1, counted(5)}}));
  const auto made = render({{1, counted(throws)}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "upcast_failed");
  EXPECT_EQ(made.error().action, FaultAction::stop);
  EXPECT_EQ(made.error().detail.find("outcome 2 of meters/1: an event Counted (type 1): "), 0u)
      << made.error().detail;
}

}  // namespace
}  // namespace spate::test
