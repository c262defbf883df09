// KafkaLog under threads: one steps it, owners append and poll, readers read, all at once.
#include <gtest/gtest.h>

#include <thread>

#include "engine/log/chain.hpp"
#include "tests/support/kafka_node.hpp"

namespace spate {
namespace {

constexpr uint64_t commands_each = 1500;

/// Decides what it reads, acquires again when it loses, until all its commands have an outcome.
void own(KafkaLog& log, PartitionId id, std::atomic<uint64_t>& losses) {
  Ownership o;
  BatchPtr held;
  bool owned = false;
  for (;;) {
    if (!owned) {
      held = nullptr;
      const auto acquired = log.acquire(id);
      if (acquired) o = *acquired;
      owned = acquired.has_value();
      if (!owned) std::this_thread::yield();
      continue;
    }
    const Progress progress = log.poll(id);
    if (progress.fate != Progress::Fate::durable) {
      owned = false;
      ++losses;
      continue;
    }
    if (progress.sequence.value == commands_each) return;
    if (held == nullptr) {
      const auto read = log.read(LogSide::commands, id, o.tail.cause.value + 1, 4000);
      if (!read || *read == nullptr) {
        std::this_thread::yield();
        continue;
      }
      const uint64_t count = (*read)->last() - o.tail.cause.value;
      held = outcome_batch(id, o.tail, o.epoch, o.tail.cause.next(), count);
    }
    if (log.append_outcomes(id, o.epoch, {held->first()}, held) == Taken::yes) held = nullptr;
    else std::this_thread::yield();
  }
}

void read(KafkaLog& log, PartitionId id) {
  uint64_t chain = 0;
  for (uint64_t next = 1; next <= commands_each;) {
    const auto batch = log.read(LogSide::outcomes, id, next, 2000);
    ASSERT_TRUE(batch || batch.error().action == FaultAction::retry) << batch.error().detail;
    if (!batch || *batch == nullptr) {
      std::this_thread::yield();
      continue;
    }
    for (const RecordView record : **batch) {
      if (record.head.number < next) continue;
      ASSERT_EQ(record.head.number, next++);
      chain = next_chain(record.body);
    }
  }
  EXPECT_NE(chain, 0u);
}

TEST(KafkaLogThreads, AppendAndReadWhileTheLogIsSteppedAndSendsFail) {
  QuietCluster cluster(2);
  KafkaLogLimits limits;
  limits.recent_bytes_max = 8 << 10;
  limits.undurable_bytes_max = 32 << 10;
  limits.claim_delay_ns_min = 1'000'000;
  TestNode node(cluster, limits);
  node.elect();
  cluster.kafka.set_odds({.failed_but_kept = 2000, .without_offset = 50, .full = 50,
                          .fetch_fails = 20, .late = true});
  for (const PartitionId id : cluster.kafka.topology().partitions())
    for (uint64_t i = 0; i < commands_each; ++i)
      cluster.kafka.produce({id, LogSide::commands}, {.key = "k", .value = "v"});
  std::atomic<bool> done{false};
  std::atomic<uint64_t> losses{0};
  std::thread stepper([&] {
    while (!done) {
      cluster.clock.advance_ns(100'000);
      cluster.kafka.step();
      ASSERT_TRUE(node.log().step());
    }
  });
  std::vector<std::thread> others;
  for (const PartitionId id : cluster.kafka.topology().partitions()) {
    others.emplace_back([&, id] { own(node.log(), id, losses); });
    others.emplace_back([&, id] { read(node.log(), id); });
  }
  for (std::thread& thread : others) thread.join();
  done = true;
  stepper.join();
  for (const PartitionId id : cluster.kafka.topology().partitions())
    EXPECT_EQ(node.progress(id), "durable " + std::to_string(commands_each));
}

}  // namespace
}  // namespace spate
