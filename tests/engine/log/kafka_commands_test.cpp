// KafkaLog's commands: what is read of a topic to which anybody may write.
#include <gtest/gtest.h>

#include "schemas/envelope_generated.h"
#include "tests/support/kafka_node.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

constexpr KafkaPlace commands{p, LogSide::commands};

std::string commands_in(TestNode& node, uint64_t from = 1) {
  return numbers_in(node.log(), LogSide::commands, p, from);
}
const envelope::Command& command_in(const BatchPtr& batch) {
  return *flatbuffers::GetRoot<envelope::Command>((*batch->begin()).body.data());
}
BatchPtr with_tickets(std::size_t count, uint64_t first_ticket) {
  auto batch = std::make_shared<RecordBatch>(p, LogSide::commands);
  const BatchPtr commands = command_batch(p, {1}, count);
  for (const RecordView record : *commands) {
    batch->add_raw(record.head, record.body);
    batch->tickets.push_back(first_ticket++);
  }
  return batch;
}

TEST(KafkaCommands, ComeBackWithTheTicketsOfTheirOwnNodeAlone) {
  QuietCluster cluster;
  TestNode owner(cluster), edge(cluster);
  owner.own(p);
  owner.log().append_commands(p, with_tickets(2, 70));
  owner.settle();
  edge.log().append_commands(p, with_tickets(2, 70));
  owner.settle();
  std::vector<uint64_t> tickets;
  for (uint64_t from = 1;;) {
    const BatchPtr batch = *owner.log().read(LogSide::commands, p, from, 1000);
    if (batch == nullptr) break;
    tickets.insert(tickets.end(), batch->tickets.begin(), batch->tickets.end());
    from = batch->last() + 1;
  }
  EXPECT_EQ(tickets, (std::vector<uint64_t>{70, 71, 0, 0}));
}

TEST(KafkaCommands, AreNumberedByOffsetAndStampedByTheBroker) {
  QuietCluster cluster;
  TestNode owner(cluster);
  owner.own(p);
  cluster.clock.jump_wall_to({1'234'567'000'000});
  cluster.kafka.set_odds({.offset_gap = 1});
  cluster.kafka.produce(commands, {.key = "k", .value = "v"});
  cluster.kafka.produce(commands, {.key = "k", .value = "v"});
  owner.settle();
  EXPECT_EQ(commands_in(owner), "commands 1.0: 2 4");
  const BatchPtr batch = *owner.log().read(LogSide::commands, p, 1, 1000);
  EXPECT_EQ((*batch->begin()).head.time, 1'234'567'000'000);
}

TEST(KafkaCommands, OfOthersGoThroughTheDoorWhole) {
  QuietCluster cluster;
  TestNode owner(cluster);
  owner.own(p);
  cluster.kafka.produce(commands, {.key = "order-7",
                                   .value = std::string("\0\xff{", 3),
                                   .headers = {{"ce_id", "a"}, {"ce_id", "b"}}});
  owner.settle();
  const BatchPtr batch = *owner.log().read(LogSide::commands, p, 1, 1000);
  ASSERT_NE(batch, nullptr);
  const auto& command = command_in(batch);
  EXPECT_EQ(command.codec(), envelope::Codec::raw);
  EXPECT_EQ(command.stream()->string_view(), "order-7");
  const auto* raw = flatbuffers::GetRoot<envelope::RawRecord>(command.payload()->data());
  EXPECT_EQ(raw->offset(), 0);
  EXPECT_EQ(raw->reason()->string_view(), "records of other systems are not taken here");
  EXPECT_EQ(as_text({raw->key()->data(), raw->key()->size()}), "order-7");
  EXPECT_EQ(as_text({raw->value()->data(), raw->value()->size()}), std::string("\0\xff{", 3));
  ASSERT_EQ(raw->headers()->size(), 2u);
  EXPECT_EQ(as_text({raw->headers()->Get(1)->value()->data(), 1}), "b");
}

TEST(KafkaCommands, ThatOnlyClaimToBeOursAreNotBelieved) {
  const BatchPtr whole = command_batch(p, {1}, 1);
  const std::string body(as_text((*whole->begin()).body));
  const std::string ours(command_content_type);
  const SimulatedKafka::Record forged[] = {
      {.key = "stream-1", .value = "garbage", .headers = {{"content-type", ours}}},
      {.key = "stream-1", .value = "", .headers = {{"content-type", ours}}},
      {.key = "stream-2", .value = body, .headers = {{"content-type", ours}}},
      {.key = "stream-1", .value = body.substr(0, 40), .headers = {{"content-type", ours}}},
      {.key = "stream-1", .value = body, .headers = {{"content-type", "application/json"}}},
      {.key = "", .value = body},
  };
  for (const auto& record : forged) {
    QuietCluster cluster;
    TestNode owner(cluster);
    owner.own(p);
    cluster.kafka.produce(commands, record);
    owner.settle();
    const BatchPtr batch = *owner.log().read(LogSide::commands, p, 1, 1000);
    ASSERT_NE(batch, nullptr);
    EXPECT_EQ(command_in(batch).codec(), envelope::Codec::raw) << record.key << record.value;
    EXPECT_GT(command_in(batch).stream()->size(), 0u);
  }
  QuietCluster cluster;
  TestNode owner(cluster);
  owner.own(p);
  cluster.kafka.produce(
      commands, {.key = "stream-1", .value = body, .headers = {{"content-type", ours}}});
  owner.settle();
  const BatchPtr batch = *owner.log().read(LogSide::commands, p, 1, 1000);
  EXPECT_EQ(command_in(batch).codec(), envelope::Codec::flatbuffers);
}

TEST(KafkaCommands, AreHeldBackWhenTheyAreNotReadAndComeWhenTheyAre) {
  QuietCluster cluster;
  KafkaLogLimits limits;
  limits.queued_command_bytes_max = 1000;
  TestNode owner(cluster, limits);
  owner.own(p);
  cluster.kafka.set_odds({.late = true});  // a few at a time
  for (int i = 0; i < 300; ++i)
    cluster.kafka.produce(commands, {.key = "k", .value = std::string(50, 'v')});
  uint64_t next = 1;
  for (int turns = 0; turns < 10'000 && next <= 300; ++turns) {
    static_cast<void>(owner.log().step());
    if (turns % 50 != 0) continue;
    const BatchPtr batch = *owner.log().read(LogSide::commands, p, next, 1000);
    if (batch == nullptr) continue;
    EXPECT_LE(owner.log().poll(p).cause.value, next + 60);  // what is queued is bounded
    next = batch->last() + 1;
  }
  EXPECT_EQ(next, 301u);
}

TEST(KafkaCommands, AreReadAgainFromTheLastOneDecidedByWhoOwnsNext) {
  QuietCluster cluster;
  TestNode owner(cluster), successor(cluster);
  owner.own(p);
  owner.log().append_commands(p, command_batch(p, {1}, 5));
  owner.settle();
  owner.append(p, 2);
  owner.settle();
  successor.own(p);
  successor.settle();
  EXPECT_EQ(successor.ownership.tail.cause, Cause{2});
  EXPECT_EQ(commands_in(successor, 3), "commands 1.0: 3 4 5");
}

TEST(KafkaCommands, StopThePartitionWhenTheirTopicBeginsAboveTheOneThatIsNext) {
  QuietCluster cluster;
  TestNode owner(cluster), successor(cluster);
  owner.own(p);
  owner.log().append_commands(p, command_batch(p, {1}, 5));
  owner.settle();
  owner.append(p, 2);
  owner.settle();
  cluster.kafka.trim(commands, 3);
  successor.elect();
  successor.settle();
  EXPECT_EQ(successor.acquire(p), "not_owned");
  successor.settle();
  EXPECT_EQ(successor.acquire(p), "log_broken");
  EXPECT_NE(successor.told().find("spate.redemptions.commands.v1 partition 0 offset 2: it is not "
                                  "there any more: the topic begins at 3"),
            std::string::npos)
      << successor.told();
}

TEST(KafkaCommands, ThatLeaveNoOutcomeMayGoOnceTheirIdleOwnerHasSaidSo) {
  QuietCluster cluster;
  KafkaLogLimits limits;
  TestNode owner(cluster, limits), successor(cluster);
  owner.own(p);
  owner.log().append_commands(p, command_batch(p, {1}, 5));
  owner.settle();
  owner.append(p, 3);                    // the last two are duplicates
  cluster.kafka.leave_gap(commands, 2);  // and a transaction was taken back
  owner.settle();
  const auto outcomes = [&] { return cluster.kafka.topic({p, LogSide::outcomes}).size(); };
  const std::size_t before = outcomes();
  cluster.clock.advance_ns(2 * limits.mark_delay_ns);
  owner.settle();
  EXPECT_EQ(outcomes(), before) << "4 and 5 are not yet decided";
  EXPECT_EQ(commands_in(owner, 6), "commands 1.0:");  // now they are
  owner.settle();
  EXPECT_EQ(outcomes(), before) << "it may not be idle for long";
  cluster.clock.advance_ns(limits.mark_delay_ns);
  owner.settle();
  EXPECT_EQ(outcomes(), before + 1);
  owner.append(p, 1);
  owner.settle();
  EXPECT_EQ(owner.progress(p), "durable 4") << "the owner goes on behind its mark";

  cluster.kafka.trim(commands, 7);
  cluster.kafka.produce(commands, {.key = "k", .value = "v"});
  successor.own(p);
  successor.settle();
  EXPECT_EQ(commands_in(successor, 5), "commands 1.0: 8");
}

TEST(KafkaCommands, MayBeAskedWhereTheyEnd) {
  QuietCluster cluster;
  TestNode owner(cluster);
  owner.own(p);
  owner.log().append_commands(p, command_batch(p, {1}, 5));
  owner.settle();
  const uint64_t first = owner.log().ask_end(p), last = owner.log().ask_end(p);
  EXPECT_LT(owner.log().poll(p).asked, first);
  owner.settle();
  EXPECT_EQ(owner.log().poll(p).asked, last);
  EXPECT_EQ(owner.log().poll(p).end, Cause{5});
}

TEST(KafkaCommands, MayBeAskedWhereTheyEndAlthoughTheLastOffsetsHoldNone) {
  QuietCluster cluster;
  TestNode owner(cluster), successor(cluster);
  owner.own(p);
  owner.log().append_commands(p, command_batch(p, {1}, 5));
  owner.settle();
  cluster.kafka.leave_gap(commands, 3);  // a transaction that was taken back, and its mark
  const uint64_t asked = owner.log().ask_end(p);
  owner.settle();
  EXPECT_EQ(owner.log().poll(p).asked, asked);
  EXPECT_EQ(owner.log().poll(p).end, Cause{5}) << "whoever waits for it to be decided must not hang";
  owner.append(p, 5);
  owner.settle();
  successor.own(p);  // has nothing to read but the gap
  const uint64_t again = successor.log().ask_end(p);
  successor.settle();
  EXPECT_EQ(successor.log().poll(p).asked, again);
  EXPECT_EQ(successor.log().poll(p).end, Cause{5});
}

TEST(KafkaCommands, GoOnWhenTheClientIsNotFullAnyMore) {
  QuietCluster cluster;
  TestNode owner(cluster);
  owner.own(p);
  cluster.kafka.set_odds({.full = 1});
  owner.log().append_commands(p, command_batch(p, {1}, 5));
  owner.settle();
  EXPECT_EQ(owner.log().poll(p).cause, Cause{});
  cluster.kafka.set_odds({});
  cluster.clock.advance_ns(2'000'000);
  owner.settle();
  EXPECT_EQ(owner.log().poll(p).cause, Cause{5});
}

TEST(KafkaCommands, GoOnWhenThoseThatWerePublishedBeforeThemAreReported) {
  QuietCluster cluster;
  TestNode owner(cluster);
  owner.own(p);
  const BatchPtr batch = command_batch(p, {1}, 6);
  for (const RecordView record : *batch) EXPECT_NE(owner.log().publish(p, record.body), 0u);
  owner.log().append_commands(p, command_batch(p, {1}, 20));
  owner.settle();  // no time passes: nothing but reports lets them go on
  EXPECT_EQ(owner.log().poll(p).cause, Cause{26});
}

TEST(KafkaCommands, ThatFailedAreCounted) {
  QuietCluster cluster;
  TestNode owner(cluster);
  owner.own(p);
  cluster.kafka.set_odds({.lost = 1});
  owner.log().append_commands(p, command_batch(p, {1}, 5));
  owner.settle();
  EXPECT_EQ(owner.log().poll(p).commands_failed, 5u);
  EXPECT_EQ(owner.log().undurable_bytes(), 0u);
  EXPECT_EQ(owner.progress(p), "durable 0") << "what was decided has nothing to do with it";
}

}  // namespace
}  // namespace spate
