// Reports that come long after what they speak of was read in the topic.
#include <gtest/gtest.h>

#include "tests/support/kafka_node.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

/// Keeps reports back while told to; all else passes.
class LateReports final : public KafkaClient {
 public:
  LateReports(std::unique_ptr<KafkaClient> client, const bool& held)
      : client_(std::move(client)), held_(held) {}
  uint64_t open_session() override { return client_->open_session(); }
  Sent send_outcome(PartitionId id, uint64_t token, Bytes key, Bytes value) override {
    return client_->send_outcome(id, token, key, value);
  }
  Sent send_command(PartitionId id, uint64_t token, Bytes key, Bytes value,
                    std::span<const KafkaHeader> headers) override {
    return client_->send_command(id, token, key, value, headers);
  }
  void follow(KafkaPlace place, int64_t from) override { client_->follow(place, from); }
  void unfollow(KafkaPlace place) override { client_->unfollow(place); }
  void hold(KafkaPlace place, bool held) override { client_->hold(place, held); }
  void ask_end(KafkaPlace place) override { client_->ask_end(place); }
  void leave_group() override { client_->leave_group(); }
  Result<Step> poll(KafkaSink& sink) override {
    for (; !held_ && !late_.empty(); late_.pop_front()) sink.report(late_.front());
    Filter filter{sink, held_, late_};
    return client_->poll(filter);
  }
  void on_event(Bell* bell) override { client_->on_event(bell); }
  Result<void> fetch(KafkaPlace place, int64_t from, std::size_t bytes_max,
                     const std::function<void(std::span<const KafkaRecord>)>& take) override {
    return client_->fetch(place, from, bytes_max, take);
  }

 private:
  struct Filter final : KafkaSink {
    Filter(KafkaSink& s, bool h, std::deque<KafkaReport>& l) : sink(s), held(h), late(l) {}
    void records(KafkaPlace place, std::span<const KafkaRecord> records) override {
      sink.records(place, records);
    }
    void passed(KafkaPlace place, int64_t next) override { sink.passed(place, next); }
    void report(const KafkaReport& report) override {
      if (held) late.push_back(report);
      else sink.report(report);
    }
    void end(KafkaPlace place, int64_t offset) override { sink.end(place, offset); }
    void out_of_range(KafkaPlace place, int64_t begin) override { sink.out_of_range(place, begin); }
    void electing() override { sink.electing(); }
    void elected(std::span<const PartitionId> partitions) override { sink.elected(partitions); }
    KafkaSink& sink;
    const bool held;
    std::deque<KafkaReport>& late;
  };
  const std::unique_ptr<KafkaClient> client_;
  const bool& held_;
  std::deque<KafkaReport> late_;
};

/// Found by the simulation: outcomes were read before they were reported, a mark and another
/// outcome sent meanwhile. The report of the mark was taken for an outcome's, what followed was
/// believed to lie one place before where it lay, and reading it back stopped the partition.
TEST(KafkaLateReports, AMarkIsKnownByItsReportHoweverLateThoseBeforeItCome) {
  QuietCluster cluster;
  KafkaLogLimits limits;
  limits.recent_bytes_max = 0;  // what is read again is fetched
  bool held = false;
  TestNode owner(cluster, limits, nullptr, [&](std::unique_ptr<KafkaClient> client) {
    return std::make_unique<LateReports>(std::move(client), held);
  });
  const auto outcomes = [&] { return cluster.kafka.topic({p, LogSide::outcomes}).size(); };
  owner.own(p);
  owner.log().append_commands(p, command_batch(p, {1}, 5));
  owner.settle();
  held = true;
  owner.append(p, 3);
  owner.settle();
  EXPECT_EQ(owner.progress(p), "durable 0");
  cluster.kafka.choose_anew(owner.number());
  owner.elect();  // anew: it reads to the end
  owner.settle();
  EXPECT_EQ(owner.progress(p), "durable 3");
  ASSERT_TRUE(owner.log().read(LogSide::commands, p, 6, 1 << 20).has_value());  // all are decided
  owner.settle();
  const std::size_t before = outcomes();
  cluster.clock.advance_ns(limits.mark_delay_ns);
  owner.settle();
  ASSERT_EQ(outcomes(), before + 1) << "the mark";
  owner.append(p, 1);
  owner.settle();
  ASSERT_EQ(outcomes(), before + 2);
  held = false;
  owner.settle();
  EXPECT_EQ(owner.progress(p), "durable 4");
  EXPECT_EQ(numbers_in(owner.log(), LogSide::outcomes, p), "outcomes 1.0: 1 2 3 4");
}

}  // namespace
}  // namespace spate
