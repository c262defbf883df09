// KafkaNotes: the newest sound note is found, and nothing that is torn or of another log.
#include "engine/log/kafka_notes.hpp"

#include <gtest/gtest.h>

#include "tests/support/simulated_disk.hpp"

namespace spate {
namespace {

constexpr PartitionId noted{3, 1};
constexpr LogIdentity log_identity{{11, 12}, 2};

KafkaResume at(uint64_t sequence) {
  KafkaResume resume;
  resume.folded.next_offset = static_cast<int64_t>(sequence) + 5;
  resume.folded.epoch = {4};
  resume.folded.nonce = {8, 9};
  resume.folded.address = "node-1:7070";
  resume.folded.tail.sequence = {sequence};
  resume.folded.tail.cause = {sequence + 1};
  resume.folded.tail.time = {-7};
  resume.folded.tail.chain = 0xabc;
  resume.folded.tail_offset = static_cast<int64_t>(sequence) + 2;
  resume.folded.voided = true;
  resume.runs = {{{1}, 1, 6}, {{sequence}, resume.folded.tail_offset}};
  return resume;
}

TEST(KafkaNotes, FindsWhatWasNotedLast) {
  SimulatedDisk disk(1);
  EXPECT_FALSE(KafkaNotes(disk, log_identity).read(noted));
  for (const uint64_t sequence : {10u, 20u, 30u}) {
    KafkaNotes notes(disk, log_identity);
    notes.read(noted);
    ASSERT_TRUE(notes.write(noted, at(sequence)));
  }
  const auto found = KafkaNotes(disk, log_identity).read(noted);
  ASSERT_TRUE(found);
  const KafkaResume expected = at(30);
  EXPECT_EQ(found->folded.next_offset, expected.folded.next_offset);
  EXPECT_EQ(found->folded.epoch, expected.folded.epoch);
  EXPECT_EQ(found->folded.nonce, expected.folded.nonce);
  EXPECT_EQ(found->folded.address, "node-1:7070");
  EXPECT_EQ(found->folded.tail.sequence, expected.folded.tail.sequence);
  EXPECT_EQ(found->folded.tail.cause, expected.folded.tail.cause);
  EXPECT_EQ(found->folded.tail.time, expected.folded.tail.time);
  EXPECT_EQ(found->folded.tail.chain, expected.folded.tail.chain);
  EXPECT_EQ(found->folded.tail_offset, expected.folded.tail_offset);
  EXPECT_TRUE(found->folded.voided);
  ASSERT_EQ(found->runs.size(), 2u);
  EXPECT_EQ(found->runs[1].first, Sequence{30});
  EXPECT_EQ(found->runs[1].offset, 32);
  EXPECT_EQ(found->runs[0].neighbours, 6u);
}

TEST(KafkaNotes, BelongToOneLogAndOnePartition) {
  SimulatedDisk disk(1);
  ASSERT_TRUE(KafkaNotes(disk, log_identity).write(noted, at(10)));
  EXPECT_FALSE(KafkaNotes(disk, {{11, 13}, 2}).read(noted));
  EXPECT_FALSE(KafkaNotes(disk, {{11, 12}, 3}).read(noted));
  EXPECT_FALSE(KafkaNotes(disk, log_identity).read({3, 2}));
}

TEST(KafkaNotes, FallBackToTheNoteBeforeWhenAnyBitOrByteOfTheLastIsWrong) {
  SimulatedDisk disk(1);
  KafkaNotes notes(disk, log_identity);
  ASSERT_TRUE(notes.write(noted, at(10)));
  ASSERT_TRUE(notes.write(noted, at(20)));
  const std::string last = "kafka-3-1.0";
  const std::size_t size = disk.content(last).size();
  const auto sequence_now = [&] {
    const auto found = KafkaNotes(disk, log_identity).read(noted);
    return found ? found->folded.tail.sequence.value : 0;
  };
  EXPECT_EQ(sequence_now(), 20u);
  for (uint64_t bit = 0; bit < size * 8; ++bit) {
    disk.flip_bit(last, bit);
    EXPECT_EQ(sequence_now(), 10u) << "bit " << bit;
    disk.flip_bit(last, bit);
  }
  const auto whole = disk.image();
  for (std::size_t cut = 0; cut < size; ++cut) {
    disk.load(whole);
    disk.cut_file(last, cut);
    EXPECT_EQ(sequence_now(), 10u) << "cut to " << cut;
  }
}

}  // namespace
}  // namespace spate
