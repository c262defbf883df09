// GroupScanner on real files: what is read ahead, past the page cache, is what lies there.
#include "engine/log/group_scanner.hpp"

#include <gtest/gtest.h>

#include "engine/log/posix_storage.hpp"
#include "tests/support/log_world.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

const Hash128& log_id() {
  static const SegmentLogOptions options = small_log_options();
  return options.fresh->id;
}

struct Found {
  GroupHead head;
  uint64_t offset = 0;
  std::string body;
};

std::vector<Found> groups_of(StoredFile& file, uint64_t segment, std::size_t piece_bytes) {
  std::vector<Found> all;
  GroupScanner scanner(file, log_id(), segment);
  if (piece_bytes != 0) scanner.read_ahead({.piece_bytes = piece_bytes});
  Group group;
  for (uint64_t at = 0; *scanner.read(at, group); at = group.end())
    all.push_back({group.head, group.offset, std::string(as_text(group.body))});
  return all;
}

/// A segment with groups of one block up to many.
class GroupScannerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SegmentLogOptions options = small_log_options();
    options.limits.writer.group.pack = false;
    options.limits.preparer.segment_bytes = options.limits.preparer.first_segment_bytes = 512 << 10;
    LogWorld world(1, 0, options);
    ASSERT_TRUE(world.start());
    for (std::size_t n = 1; n < 12; ++n) {
      world.append(p, n, n * 50);
      world.settle();
    }
    ASSERT_TRUE(world.close());
    auto from = *world.disk().open(segment_name(segment), OpenMode::read);
    bytes_.resize(*from->size());
    ASSERT_EQ(*from->read(0, bytes_), bytes_.size());
    storage_ = std::move(*PosixStorage::at(folder_.path()));
  }
  std::unique_ptr<StoredFile> file_of(std::size_t bytes) {
    const std::string name = std::to_string(bytes);
    auto file = *storage_->open(name, OpenMode::create);
    EXPECT_TRUE(file->write(0, Bytes(bytes_).first(bytes)));
    return *storage_->open(name, OpenMode::read);
  }

  static constexpr uint64_t segment = 2;  // the first holds the opening alone
  TemporaryFolder folder_;
  std::vector<uint8_t> bytes_;
  std::unique_ptr<PosixStorage> storage_;
};

TEST_F(GroupScannerTest, ReadsAheadWhatItWouldReadOneByOne) {
  const auto file = file_of(bytes_.size());
  const auto plain = groups_of(*file, segment, 0);
  ASSERT_GT(plain.size(), 5u);
  for (const std::size_t blocks : {1, 2, 3, 5, 16, 1000}) {
    const auto ahead = groups_of(*file, segment, blocks * direct_bytes);
    ASSERT_EQ(ahead.size(), plain.size()) << blocks;
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_EQ(ahead[i].offset, plain[i].offset);
      EXPECT_EQ(ahead[i].head.number, plain[i].head.number);
      EXPECT_EQ(ahead[i].body, plain[i].body);
    }
  }
}

TEST_F(GroupScannerTest, GoesBackAndForthOverWhatItReadAhead) {
  const auto file = file_of(bytes_.size());
  const auto plain = groups_of(*file, segment, 0);
  GroupScanner scanner(*file, log_id(), segment);
  scanner.read_ahead({.piece_bytes = 4 * direct_bytes});
  Group group;
  for (std::size_t i = 0; i < 3 * plain.size(); ++i) {
    const Found& one = plain[i * 7 % plain.size()];
    ASSERT_TRUE(*scanner.read(one.offset, group));
    EXPECT_EQ(group.head.number, one.head.number);
    EXPECT_EQ(as_text(group.body), one.body);
  }
}

TEST_F(GroupScannerTest, EndsWhereTheFileEndsInTheMiddleOfAGroup) {
  const auto plain = groups_of(*file_of(bytes_.size()), segment, 0);
  for (const std::size_t spare : {std::size_t{1}, direct_bytes / 2, direct_bytes}) {
    const auto file = file_of(plain.back().offset + direct_bytes - spare);
    for (const std::size_t blocks : {0, 1, 16})
      EXPECT_EQ(groups_of(*file, segment, blocks * direct_bytes).size(), plain.size() - 1)
          << spare << " " << blocks;
  }
}

/// In pieces that nobody has looked at yet, in the one that is looked at, and in those before.
TEST_F(GroupScannerTest, EndsAtRotWhereItWouldWithoutReadingAhead) {
  const auto plain = groups_of(*file_of(bytes_.size()), segment, 0);
  for (std::size_t broken = 0; broken < plain.size(); ++broken) {
    const uint64_t place = plain[broken].offset + group_head_bytes + 1;
    bytes_[place] ^= 1;
    ASSERT_TRUE(storage_->remove(std::to_string(bytes_.size())));
    const auto file = file_of(bytes_.size());
    for (const std::size_t blocks : {1, 3, 16})
      EXPECT_EQ(groups_of(*file, segment, blocks * direct_bytes).size(), broken) << blocks;
    bytes_[place] ^= 1;
  }
}

}  // namespace
}  // namespace spate
