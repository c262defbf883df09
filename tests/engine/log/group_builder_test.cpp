// GroupBuilder: what lies in a group, in which order, and when a batch counts as complete.
#include "engine/log/group_builder.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

struct Builder {
  Topology topology = log_topology({{"redemptions", 2}});
  GroupBuilder builder;
  Tail tail;

  explicit Builder(GroupBuilderLimits limits)
      : builder(topology, {{p, {}, {}}, {q, {}, {}}}, limits) {}
  void add(PartitionId id, uint64_t commands, uint64_t outcomes) {
    builder.add(command_batch(id, {1}, commands));
    builder.add(outcome_batch(id, tail, {1}, {1}, outcomes));
  }
  /// "c1 c2 o1 | o2 .": groups apart by bars, a dot where a batch is complete.
  std::string laid_down() {
    std::string text;
    while (!builder.empty()) {
      const FormedGroup group = builder.form();
      text += text.empty() ? "" : "| ";
      for (const FormedGroup::Run& run : group.runs) {
        for (uint64_t n = run.first; n <= run.last; ++n)
          text += (run.side == LogSide::commands ? "c" : "o") + std::to_string(n) + " ";
        if (run.settles_bytes > 0) text += ". ";
      }
    }
    return text;
  }
};

TEST(GroupBuilder, LaysOutcomesBehindTheCommandsTheyWereDecidedFrom) {
  Builder b({.interleave_bytes = 300, .pack = false});
  b.add(p, 5, 5);
  EXPECT_EQ(b.laid_down(), "c1 c2 o1 o2 c3 c4 o3 o4 c5 . o5 . ");
}

TEST(GroupBuilder, CompletesNoOutcomesBeforeTheCommandsTakenBeforeThem) {
  Builder b({.interleave_bytes = 300, .pack = false});
  b.add(p, 5, 2);
  EXPECT_EQ(b.laid_down(), "c1 c2 o1 c3 c4 c5 . o2 . ");
}

TEST(GroupBuilder, CutsABatchBetweenRecordsWhenAGroupIsFull) {
  Builder b({.group_bytes_max = 500, .pack = false});
  b.add(p, 4, 2);
  EXPECT_EQ(b.laid_down(), "c1 c2 c3 | c4 . o1 o2 . ");
}

TEST(GroupBuilder, GivesARecordLargerThanAGroupAGroupOfItsOwn) {
  Builder b({.group_bytes_max = 100, .pack = false});
  b.add(p, 1, 1);
  EXPECT_EQ(b.laid_down(), "c1 . | o1 . ");
}

/// Whether a group of one record, random bytes or zeros, comes out packed.
bool forms_packed(GroupBuilder& builder, uint64_t number, bool noise) {
  std::mt19937_64 random(number);
  std::vector<uint8_t> body(3 * block_bytes);
  if (noise)
    for (uint8_t& byte : body) byte = static_cast<uint8_t>(random());
  auto batch = std::make_shared<RecordBatch>(p, LogSide::commands);
  batch->add(number, {1}, body);
  builder.add(std::move(batch));
  return (builder.form().head.flags & group_flag::packed) != 0;
}

TEST(GroupBuilder, TriesToPackNoiseEverMoreSeldomAndPacksAgainSoonAfterIt) {
  Builder b({});
  uint64_t number = 0;
  EXPECT_TRUE(forms_packed(b.builder, ++number, false));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(forms_packed(b.builder, ++number, true));
  int unpacked = 0;
  while (!forms_packed(b.builder, ++number, false)) ++unpacked;
  EXPECT_LE(unpacked, 63);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(forms_packed(b.builder, ++number, false));
}

}  // namespace
}  // namespace spate
