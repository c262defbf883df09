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

/// Counts what is read of segment files: ahead and in order, or a group at a time.
class CountedStorage final : public Storage {
 public:
  explicit CountedStorage(SimulatedDisk& disk) : disk_(disk) {}
  uint64_t ahead_bytes = 0, plain_reads = 0;

  const std::string& directory() const override { return disk_.directory(); }
  Result<std::unique_ptr<DirectoryLock>> lock() override { return disk_.lock(); }
  Result<std::unique_ptr<StoredFile>> open(std::string_view name, OpenMode mode) override {
    TRY(auto file, disk_.open(name, mode));
    if (!name.ends_with(".log")) return file;
    return std::unique_ptr<StoredFile>(std::make_unique<File>(*this, std::move(file)));
  }
  Result<std::vector<std::string>> list() override { return disk_.list(); }
  Result<void> remove(std::string_view name) override { return disk_.remove(name); }
  Result<void> sync_directory() override { return disk_.sync_directory(); }
  Result<uint64_t> free_bytes() override { return disk_.free_bytes(); }

 private:
  class File final : public StoredFile {
   public:
    File(CountedStorage& counts, std::unique_ptr<StoredFile> file)
        : counts_(counts), file_(std::move(file)) {}
    Result<std::size_t> read(uint64_t offset, std::span<uint8_t> into) override {
      ++counts_.plain_reads;
      return file_->read(offset, into);
    }
    std::unique_ptr<ReadUnderWay> begin_read(uint64_t offset, std::span<uint8_t> into) override {
      counts_.ahead_bytes += into.size();
      return file_->begin_read(offset, into);
    }
    Result<void> write(uint64_t offset, Bytes bytes) override {
      return file_->write(offset, bytes);
    }
    Result<uint64_t> size() override { return file_->size(); }
    Result<void> truncate(uint64_t size) override { return file_->truncate(size); }
    void submit_sync() override { file_->submit_sync(); }
    std::optional<Result<void>> sync_result() override { return file_->sync_result(); }

   private:
    CountedStorage& counts_;
    const std::unique_ptr<StoredFile> file_;
  };
  SimulatedDisk& disk_;
};

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

/// Groups with records of p alone and of q alone take turns, and so do those who read them.
TEST_F(LongLog, IsReadOnceAndFromFrontToBackByAllPartitionsTogether) {
  SimulatedDisk disk(1);
  disk.load(world.disk().image());
  CountedStorage storage(disk);
  VirtualClock clock;
  SegmentLogOptions options = long_log_options();
  options.limits.reader.cached_bytes_max = 1 << 20;  // what is passed over stays for the others
  const auto log = std::move(*SegmentLog::open(storage, clock, std::move(options)));
  storage.ahead_bytes = storage.plain_reads = 0;  // of recovery
  for (uint64_t last_p = 0, last_q = 0, at = ~uint64_t{0}; at != last_p + last_q;) {
    at = last_p + last_q;
    for (auto [id, last] : {std::pair{p, &last_p}, std::pair{q, &last_q}}) {
      const auto batch = *log->read(LogSide::outcomes, id, *last + 1, 64 << 10);
      if (batch != nullptr) *last = batch->last();
    }
  }
  uint64_t bytes = 0, segments = 0;
  for (const auto& [name, content] : world.disk().image()) {
    if (!name.ends_with(".log")) continue;
    bytes += content.size();
    ++segments;
  }
  ASSERT_GE(segments, 4u);
  EXPECT_LT(storage.plain_reads, segments * 6);  // two for a group; the second begins in order
  EXPECT_LT(storage.ahead_bytes, bytes + segments * (512 << 10));  // pieces beyond a file's end
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
