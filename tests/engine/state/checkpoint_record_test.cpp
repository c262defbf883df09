// A checkpoint and its digest come back as they were written, or not at all.
#include "engine/state/checkpoint_record.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

Checkpoint at_outcome(uint64_t sequence) {
  return {.log = {{1, 2}, 3}, .epoch = {4}, .sequence = {sequence}, .cause = {6},
          .time = {7}, .chain = 8, .schema_digest = 9, .logic_version = 10,
          .digest = Hash128{11, 12}};
}

TEST(CheckpointRecord, ComesBackAsItWasWritten) {
  const Checkpoint at = at_outcome(5);
  const auto read = checkpoint_of(as_bytes(to_record(at)));
  ASSERT_TRUE(read);
  EXPECT_EQ(to_record(*read), to_record(at));
  EXPECT_EQ(read->sequence, at.sequence);
  EXPECT_FALSE(read->digest) << "it lies beside the record";
  EXPECT_EQ(digest_of(as_bytes(to_digest_record(at)), *read), at.digest);
}

TEST(CheckpointRecord, WithAnyBitChangedIsRot) {
  const std::string right = to_record(at_outcome(5));
  for (std::size_t bit = 0; bit < right.size() * 8; ++bit) {
    std::string wrong = right;
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << bit % 8));
    const auto read = checkpoint_of(as_bytes(wrong));
    ASSERT_FALSE(read) << bit;
    EXPECT_EQ(read.error().code, "rows_rot");
  }
  EXPECT_FALSE(checkpoint_of(as_bytes(right.substr(1))));
}

TEST(CheckpointRecord, HasADigestOnlyOfTheVeryCheckpointItWasWrittenWith) {
  const std::string record = to_digest_record(at_outcome(5));
  EXPECT_FALSE(digest_of(as_bytes(record), at_outcome(6))) << "a binary that knows none went on";
  Checkpoint other = at_outcome(5);
  other.chain ^= 1;
  EXPECT_FALSE(digest_of(as_bytes(record), other)) << "of another history";
}

TEST(CheckpointRecord, HasNoDigestOfWhichABitChanged) {
  const std::string right = to_digest_record(at_outcome(5));
  for (std::size_t bit = 0; bit < right.size() * 8; ++bit) {
    std::string wrong = right;
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(digest_of(as_bytes(wrong), at_outcome(5))) << bit;
  }
  EXPECT_FALSE(digest_of({}, at_outcome(5)));
}

TEST(CheckpointRecord, WithoutADigestHasNoRecordOfOne) {
  Checkpoint at = at_outcome(5);
  at.digest.reset();
  EXPECT_EQ(to_digest_record(at), "");
}

}  // namespace
}  // namespace spate
