// A log read in order, as a rebuild does: over pieces that are read ahead and over segments, up to
// its end, or to rot with its place.
#include <gtest/gtest.h>

#include "engine/log/group_scanner.hpp"
#include "engine/log/segment_log.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

SegmentLogOptions long_log_options() {
  SegmentLogOptions options = small_log_options();
  options.limits.preparer.segment_bytes = options.limits.preparer.first_segment_bytes = 3 << 20;
  options.limits.writer.group.group_bytes_max = 48 << 10;
  options.limits.writer.undurable_bytes_max = 1 << 20;
  return options;
}

struct LongLog : testing::Test {
  LogWorld world{5, 0, long_log_options()};
  void SetUp() override {
    ASSERT_TRUE(world.start());
    for (int i = 0; i < 40; ++i) {
      world.append(p, 8, 14'000);
      world.append(q, 8, 14'000);
      world.settle();
    }
    ASSERT_TRUE(world.close());
    ASSERT_EQ(world.wrong(), "");
  }
  /// Reads all outcomes of the partition behind `last`, about so many bytes at a time; the fault
  /// that ends it, empty at the log's end.
  static std::string read_all(SegmentLog& log, PartitionId id, uint64_t& last,
                              std::size_t bytes = 64 << 10) {
    for (;;) {
      const auto batch = log.read(LogSide::outcomes, id, last + 1, bytes);
      if (!batch) return batch.error().code + " " + batch.error().detail;
      if (*batch == nullptr) return {};
      last = (*batch)->last();
    }
  }
};

TEST_F(LongLog, IsReadToItsEndOverPiecesAndSegments) {
  ASSERT_GE(world.disk().image().size(), 4u);
  world.kill();
  ASSERT_TRUE(world.start());  // compares all records of all partitions
  EXPECT_EQ(world.wrong(), "");
}

TEST_F(LongLog, StopsAtRotWithTheSamePlaceForWhoReadsInOrderAndWhoDoesNot) {
  SimulatedDisk whole(1);
  whole.load(world.disk().image());
  const auto file = std::move(*whole.open(segment_name(2), OpenMode::read));
  GroupScanner scanner(*file, long_log_options().fresh->id, 2);
  std::vector<uint64_t> offsets;
  Group group;
  for (uint64_t at = 0; *scanner.read(at, group); at = group.end()) {
    bool is_read = false;  // by who reads the outcomes of p
    each_record(group.body, [&](const RecordView& record, std::size_t) {
      is_read |= record.head.side == LogSide::outcomes && record.head.index == p.index;
    });
    if (is_read && group.head.kind != GroupKind::opening) offsets.push_back(at);
  }
  ASSERT_GT(offsets.size(), 10u);
  uint64_t read_before = 0;
  for (std::size_t i = 0; i < offsets.size(); i += offsets.size() / 9) {
    SimulatedDisk disk(1);
    disk.load(world.disk().image());
    disk.flip_bit(segment_name(2), (offsets[i] + group_head_bytes + 9) * 8);
    VirtualClock clock;
    const auto log = std::move(*SegmentLog::open(disk, clock, long_log_options()));
    uint64_t last = 0;
    const std::string fault = read_all(*log, p, last);
    EXPECT_NE(fault.find("log_rot"), std::string::npos) << fault;
    EXPECT_NE(fault.find(" at " + std::to_string(offsets[i]) + ":"), std::string::npos)
        << fault << "; expected at " << offsets[i];
    EXPECT_GE(last, read_before);
    read_before = last;
    EXPECT_EQ(read_all(*log, p, last, 1), fault);
  }
  EXPECT_GT(read_before, 0u);
}

}  // namespace
}  // namespace spate
