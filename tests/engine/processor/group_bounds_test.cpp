// What the partitions of one processor thread may leave to be folded again, together.
#include <gtest/gtest.h>

#include <deque>

#include "engine/log/memory_log.hpp"
#include "engine/processor/processor_group.hpp"
#include "engine/state/memory_state.hpp"
#include "schemas/redemptions_generated.h"
#include "tests/support/built_in_domain.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {
namespace {

constexpr uint16_t partitions = 4;

class GroupOfFour : public testing::Test {
 protected:
  struct Place {
    MemoryState store;
    RowTable rows{store, {}};
    IdTable ids{"", {}};
  };

  GroupOfFour() {
    suspects_.open_in_memory(partitions);
    for (uint16_t i = 0; i < partitions; ++i) {
      Place& place = places_.emplace_back();
      EXPECT_TRUE(place.ids.open(log_.identity()));
      PartitionParts parts;
      parts.id = {1, i};
      parts.dense = i;
      parts.domain = &redemptions_domain();
      parts.row_schema_digest = 1;
      parts.log = &log_;
      parts.store = &place.store;
      parts.rows = &place.rows;
      parts.ids = &place.ids;
      parts.clock = &clock_;
      parts.suspects = &suspects_;
      group_.add(parts, {});
    }
    settle();
  }

  void settle() {
    for (int times = 0; times < 2; ++times) {
      while (*group_.step() == Step::worked) {
      }
      log_.step();
    }
    while (mailbox_.replies.front()) mailbox_.replies.pop();
  }
  /// Commands of a partition, each with an outcome.
  void decide(uint16_t partition, int count) {
    flatbuffers::FlatBufferBuilder payload, envelope;
    payload.Finish(redemptions::CreateRedeem(payload, payload.CreateString("ann"), 1));
    for (int i = 0; i < count; ++i) {
      const std::string key = std::to_string(++sent_);
      RequestHead head;
      head.ticket = sent_;
      head.partition = partition;
      head.id = command_id("", "redemptions", "c", key);
      CommandFields fields;
      fields.id = head.id;
      fields.type = 2;
      fields.stream = "c";
      fields.payload = {payload.GetBufferPointer(), payload.GetSize()};
      fields.sender_key = key;
      const Bytes body = build_command(envelope, fields);
      uint8_t* at = mailbox_.requests.begin(sizeof head + body.size());
      ASSERT_NE(at, nullptr);
      std::memcpy(at, &head, sizeof head);
      std::memcpy(at + sizeof head, body.data(), body.size());
      mailbox_.requests.commit();
    }
    settle();
  }
  bool is_frozen(uint16_t partition) {
    return group_.partitions()[partition]->checkpointing().in_progress();
  }
  std::string frozen() {
    std::string text;
    for (uint16_t i = 0; i < partitions; ++i) text += is_frozen(i) ? '1' : '0';
    return text;
  }
  void write(uint16_t partition) {
    ASSERT_TRUE(group_.partitions()[partition]->checkpointing().write());
    settle();
  }

  VirtualClock clock_;
  MemoryLog log_{Topology({{"redemptions", 1, partitions}})};
  Mailbox mailbox_{1 << 20, 1 << 20};
  Suspects suspects_;
  std::deque<Place> places_;
  ProcessorGroup group_{{&mailbox_}, partitions, {.unfrozen_outcomes_max = 100}};
  uint64_t sent_ = 0;
};

TEST_F(GroupOfFour, FreezesTheLongestTailWhenAllTogetherAreTooLong) {
  decide(0, 30);
  decide(1, 40);
  decide(2, 29);
  EXPECT_EQ(frozen(), "0000");
  decide(3, 1);
  EXPECT_EQ(frozen(), "0100");
}

TEST_F(GroupOfFour, LetsOneHotPartitionHaveAllOfIt) {
  decide(2, 99);
  EXPECT_EQ(frozen(), "0000");
  decide(2, 1);
  EXPECT_EQ(frozen(), "0010");
}

TEST_F(GroupOfFour, FreezesNoShortOneForALongOneThatIsBeingWritten) {
  decide(0, 100);
  decide(1, 10);
  ASSERT_EQ(frozen(), "1000");
  decide(0, 150);
  EXPECT_EQ(frozen(), "1000") << "its new tail can wait for its checkpoint";
  write(0);
  EXPECT_EQ(frozen(), "1000") << "that tail is the longest now";
}

TEST_F(GroupOfFour, LeavesNoMoreThanThatHoweverManyPartitionsThereAre) {
  for (int round = 0; round < 50; ++round) {
    for (uint16_t i = 0; i < partitions; ++i) decide(i, 10);
    uint64_t sum = 0;
    for (auto& partition : group_.partitions()) sum += partition->unfrozen();
    EXPECT_LE(sum, 100u + 10u) << round;
    for (uint16_t i = 0; i < partitions; ++i)
      if (is_frozen(i)) write(i);
  }
}

}  // namespace
}  // namespace spate
