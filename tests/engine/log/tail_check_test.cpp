// What must hold between neighbouring records, and between neighbouring groups (A1, A2, B1, C5).
#include "engine/log/tail_check.hpp"

#include <gtest/gtest.h>

#include "engine/log/log_walk.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

struct TailCheckTest : testing::Test {
  /// Adds all of a batch; the first thing that is wrong.
  std::string add(const RecordBatch& batch) {
    for (const RecordView record : batch)
      if (const std::string wrong = check.add(record); !wrong.empty()) return wrong;
    return {};
  }
  std::string commands(uint64_t first, std::size_t count) {
    return add(*command_batch(p, {first}, count));
  }
  std::string outcomes(uint64_t cause, std::size_t count) {
    return add(*outcome_batch(p, tail, {1}, {cause}, count));
  }
  const Topology topology = log_topology({{"redemptions", 2}});
  TailCheck check{topology};
  Tail tail;
};

TEST_F(TailCheckTest, TakesWhatContinues) {
  EXPECT_EQ(commands(1, 5), "");
  EXPECT_EQ(outcomes(1, 3), "");
  EXPECT_EQ(outcomes(3, 1), "") << "a redrive leaves several outcomes of one cause";
  EXPECT_EQ(outcomes(5, 1), "") << "a duplicate leaves none";
  EXPECT_EQ(commands(9, 2), "") << "commands of a log may have gaps";
  EXPECT_EQ(check.finish(), "");
}

TEST_F(TailCheckTest, RefusesACommandThatComesTwice) {
  EXPECT_EQ(commands(1, 5), "");
  EXPECT_EQ(commands(5, 1), "command 5 of partition 1.0 comes after 5");
}

TEST_F(TailCheckTest, RefusesAGapInTheOutcomes) {
  EXPECT_EQ(commands(1, 5), "");
  EXPECT_EQ(outcomes(1, 1), "");
  tail.sequence = {2};
  EXPECT_EQ(outcomes(2, 1), "outcome 3 of partition 1.0 comes after 1");
}

TEST_F(TailCheckTest, RefusesABrokenChain_C5) {
  EXPECT_EQ(commands(1, 5), "");
  EXPECT_EQ(outcomes(1, 1), "");
  ++tail.chain;
  EXPECT_EQ(outcomes(2, 1), "outcome 2 of partition 1.0 breaks the chain");
}

TEST_F(TailCheckTest, RefusesACauseThatDecreasesOrDoesNotExist_A1_A2) {
  EXPECT_EQ(commands(1, 5), "");
  EXPECT_EQ(outcomes(4, 1), "");
  Tail before = tail;
  EXPECT_NE(outcomes(3, 1), "");
  tail = before;
  EXPECT_NE(outcomes(6, 1), "");
}

TEST_F(TailCheckTest, RefusesARecordThatFailsItsChecksum_B1) {
  const BatchPtr batch = command_batch(p, {1}, 1);
  RecordView record = *batch->begin();
  ++record.head.time;
  EXPECT_EQ(check.add(record), "command 1 of partition 1.0 fails its checksum");
}

/// A group with right checksums in the place of another, as a stray write would leave it.
std::string refusal_of(void (*change)(GroupHead&)) {
  LogWorld world(1, 0);
  EXPECT_TRUE(world.start());
  for (int i = 0; i < 3; ++i) {
    world.append(p, 2);
    world.settle();
  }
  world.kill();
  auto image = world.disk().image();
  std::vector<uint8_t>& bytes = image[segment_name(2)];
  GroupHead head;  // of the last of three
  std::memcpy(&head, bytes.data() + 3 * block_bytes, sizeof head);
  ByteBuffer group;
  group.append({bytes.data() + 3 * block_bytes, block_bytes});
  change(head);
  finish_group(group, head);
  std::copy(group.data(), group.data() + block_bytes, bytes.begin() + 3 * block_bytes);
  world.disk().load(image);
  const auto started = world.start();
  return started ? "started" : started.error().detail;
}

TEST(TailScan, TakesTheSameGroupAgain) {
  EXPECT_EQ(refusal_of([](GroupHead&) {}), "started");
}

TEST(TailScan, RefusesAGroupThatDoesNotContinueTheOneBefore_B1) {
  const std::string place = "segment-0000000000000002.log at 12288: group ";
  EXPECT_NE(refusal_of([](GroupHead& head) { ++head.previous.lo; }).find(place),
            std::string::npos);
  EXPECT_NE(refusal_of([](GroupHead& head) { ++head.number; }).find(place), std::string::npos);
}

}  // namespace
}  // namespace spate
