// Readers of what is not in memory any more: there when somebody needs one, gone when nobody does.
#include "tests/kafka/cluster_kit.hpp"

namespace spate {
namespace {

using KafkaRdFetchersTest = OnARealCluster;

/// The system's clock, later by what the test says.
class LaterClock final : public Clock {
 public:
  Instant wall() const override { return system_.wall(); }
  int64_t monotonic_ns() const override { return system_.monotonic_ns() + later_ns; }
  std::atomic<int64_t> later_ns{0};

 private:
  SystemClock system_;
};

TEST_F(KafkaRdFetchersTest, EndsThoseThatNobodyUsesAnyMoreAndMakesThemAgain) {
  LaterClock later;
  HeardKafka heard;
  const auto client = std::move(*KafkaRdClient::open(options(), later));
  constexpr int64_t count = 20'000;
  write_outcomes(*client, heard, {7, 0}, count);
  EXPECT_EQ(client->fetchers(LogSide::outcomes), 1u) << "for look-ups";
  int64_t next[] = {0, count / 2};
  const auto read_on = [&](int64_t to) {
    for (int64_t& from : next) {
      const auto take = [&](std::span<const KafkaRecord> records) {
        for (const KafkaRecord& r : records) ASSERT_EQ(r.offset, from++);
      };
      for (const int64_t until = from + to; from < until;) {
        const auto fetched = client->fetch(outcomes(0), from, 8'192, take);
        ASSERT_TRUE(fetched) << fetched.error().detail;
      }
    }
  };
  for (int turn = 0; turn < 2; ++turn) {
    read_on(1'000);
    const std::size_t used = client->fetchers(LogSide::outcomes);
    EXPECT_GT(used, 1u);
    later.later_ns += KafkaRdFetchers::unused_ns_max / 2;
    ASSERT_TRUE(poll_until(*client, heard, [polls = 0]() mutable { return ++polls > 3; }));
    EXPECT_EQ(client->fetchers(LogSide::outcomes), used) << "for who only pauses";
    later.later_ns += KafkaRdFetchers::unused_ns_max;
    EXPECT_TRUE(poll_until(*client, heard,
                           [&] { return client->fetchers(LogSide::outcomes) == 1; }));
  }
}

}  // namespace
}  // namespace spate
