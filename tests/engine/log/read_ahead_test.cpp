// ReadAhead: what it shows is the file, whatever is under way; no more than it may, none left over.
#include "engine/log/read_ahead.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "engine/log/kernel_read.hpp"
#include "engine/log/posix_storage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

constexpr std::size_t block = direct_bytes;

std::vector<uint8_t> noise(std::size_t bytes) {
  std::mt19937_64 random(bytes);
  std::vector<uint8_t> all(bytes);
  for (uint8_t& byte : all) byte = static_cast<uint8_t>(random());
  return all;
}

/// A file whose reads begin and end when they are told to, and fail on demand.
class WatchedFile final : public StoredFile {
 public:
  explicit WatchedFile(std::vector<uint8_t> content) : content_(std::move(content)) {}

  Result<std::size_t> read(uint64_t offset, std::span<uint8_t> into) override {
    if (offset <= broken && broken < offset + into.size())
      return stop("storage_failed", "cannot read at " + std::to_string(broken));
    const std::size_t n =
        offset < content_.size() ? std::min<std::size_t>(into.size(), content_.size() - offset) : 0;
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), n, into.begin());
    return n;
  }
  std::unique_ptr<ReadUnderWay> begin_read(uint64_t offset, std::span<uint8_t> into) override {
    begun.push_back(offset);
    EXPECT_EQ((offset | into.size() | reinterpret_cast<uintptr_t>(into.data())) % block, 0u);
    return std::make_unique<Watched>(*this, offset, into);
  }
  Result<void> write(uint64_t, Bytes) override { return {}; }
  Result<uint64_t> size() override { return content_.size(); }
  Result<void> truncate(uint64_t) override { return {}; }
  void submit_sync() override {}
  std::optional<Result<void>> sync_result() override { return Result<void>{}; }

  uint64_t broken = ~uint64_t{0};
  std::vector<uint64_t> begun;
  std::size_t under_way = 0;

 private:
  class Watched final : public ReadUnderWay {
   public:
    Watched(WatchedFile& file, uint64_t offset, std::span<uint8_t> into)
        : file_(file), offset_(offset), into_(into) {
      ++file_.under_way;
    }
    /// The memory is written until the very end, also when nobody waits.
    ~Watched() override {
      std::fill(into_.begin(), into_.begin() + (has_ended_ ? 0 : 1), uint8_t{0});
      file_.under_way -= has_ended_ ? 0 : 1;
    }
    Result<std::size_t> wait() override {
      --file_.under_way;
      has_ended_ = true;
      return file_.read(offset_, into_);
    }

   private:
    WatchedFile& file_;
    const uint64_t offset_;
    const std::span<uint8_t> into_;
    bool has_ended_ = false;
  };

  const std::vector<uint8_t> content_;
};

constexpr ReadAheadLimits small{.piece_bytes = 4 * block, .pieces_ahead = 3};

TEST(ReadAhead, ReadsOnePieceForWhoLooksAtOnePlace) {
  WatchedFile file(noise(100 * block));
  ReadAhead ahead(file, small);
  ASSERT_TRUE(ahead.at(0, block));
  ASSERT_TRUE(ahead.at(3 * block, block));
  ASSERT_TRUE(ahead.at(block, 100));
  EXPECT_EQ(file.begun, std::vector<uint64_t>{0});
}

TEST(ReadAhead, HasTheNextPiecesUnderWayAndReadsEachOnce) {
  WatchedFile file(noise(100 * block));
  ReadAhead ahead(file, small);
  for (uint64_t at = 0; at < 100 * block; at += block) {
    ASSERT_EQ(ahead.at(at, block)->size(), block);
    EXPECT_EQ(file.under_way, at < small.piece_bytes ? 0 : small.pieces_ahead) << at;
  }
  EXPECT_EQ(std::set<uint64_t>(file.begun.begin(), file.begun.end()).size(), file.begun.size());
}

TEST(ReadAhead, EndsWhatIsUnderWayBeforeItIsGone) {
  WatchedFile file(noise(100 * block));
  {
    ReadAhead ahead(file, small);
    ASSERT_TRUE(ahead.at(0, 5 * block));
    EXPECT_EQ(file.under_way, small.pieces_ahead);
  }
  EXPECT_EQ(file.under_way, 0u);
}

TEST(ReadAhead, TellsAFaultOnlyToWhoAsksForThatPlaceAndReadsAgainWhenAskedAgain) {
  for (uint64_t broken = 4 * block; broken < 24 * block; broken += 3 * block) {
    WatchedFile file(noise(40 * block));
    file.broken = broken;
    ReadAhead ahead(file, small);
    uint64_t at = 0;
    for (; ahead.at(at, block); at += block) {
    }
    EXPECT_EQ(at, broken / small.piece_bytes * small.piece_bytes) << broken;
    EXPECT_EQ(file.under_way, 0u);
    const auto fault = ahead.at(at, 3 * block);
    ASSERT_FALSE(fault);
    EXPECT_EQ(fault.error().detail, "cannot read at " + std::to_string(broken));
    file.broken = ~uint64_t{0};
    const auto healed = ahead.at(at, 9 * block);
    ASSERT_TRUE(healed);
    const auto content = noise(40 * block);
    EXPECT_TRUE(std::equal(healed->begin(), healed->end(),
                           content.begin() + static_cast<std::ptrdiff_t>(at)));
  }
}

TEST(ReadAhead, TellsAFaultInTheMiddleOfWhatCrossesPieces) {
  WatchedFile file(noise(40 * block));
  ReadAhead ahead(file, small);
  ASSERT_TRUE(ahead.at(3 * block, block));
  file.broken = 9 * block;
  ASSERT_FALSE(ahead.at(3 * block, 12 * block));
  ASSERT_FALSE(ahead.at(3 * block, 12 * block));
  file.broken = ~uint64_t{0};
  const auto healed = ahead.at(3 * block, 12 * block);
  ASSERT_TRUE(healed);
  const auto content = noise(40 * block);
  ASSERT_EQ(healed->size(), 12 * block);
  EXPECT_TRUE(std::equal(healed->begin(), healed->end(), content.begin() + 3 * block));
}

/// Forward mostly, as groups lie: now and then back, far ahead, beyond the end, or the same again.
void expect_the_file(StoredFile& file, const std::vector<uint8_t>& content, uint64_t seed) {
  std::mt19937_64 random(seed);
  ReadAhead ahead(file, {.piece_bytes = (1 + random() % 5) * block, .pieces_ahead = random() % 4});
  const uint64_t blocks = content.size() / block + 3;
  uint64_t at = 0;
  for (int i = 0; i < 400; ++i) {
    const std::size_t bytes = random() % 8 == 0 ? random() % (20 * block) : random() % (3 * block);
    const auto shown = ahead.at(at, bytes);
    ASSERT_TRUE(shown);
    const uint64_t from = std::min<uint64_t>(at, content.size());
    const uint64_t to = std::min<uint64_t>(at + bytes, content.size());
    ASSERT_EQ(shown->size(), to - from) << seed << ": " << bytes << " at " << at;
    ASSERT_TRUE(std::equal(shown->begin(), shown->end(),
                           content.begin() + static_cast<std::ptrdiff_t>(from)))
        << seed << ": " << bytes << " at " << at;
    const uint64_t what = random() % 16;
    if (what == 0) at = random() % blocks * block;
    else if (what > 2) at += (bytes + block - 1) / block * block;
    if (at > content.size() + 2 * block) at = 0;
  }
}

TEST(ReadAhead, ShowsTheFileWhereverItIsAsked) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const auto content = noise(20 * block + seed * 1'777);
    WatchedFile file(content);
    expect_the_file(file, content, seed);
  }
}

TEST(ReadAhead, ShowsTheFileThatTheKernelReadsBesideIt) {
  TemporaryFolder folder;
  const auto storage = std::move(*PosixStorage::at(folder.path()));
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto content = noise(20 * block + seed * 1'777);
    const std::string name = std::to_string(seed);
    ASSERT_TRUE((*storage->open(name, OpenMode::create))->write(0, content));
    const auto file = std::move(*storage->open(name, OpenMode::read));
    expect_the_file(*file, content, seed);
  }
}

TEST(KernelRead, IsNotBegunWhereTheSystemDoesNotDoIt) {
  WatchedFile file(noise(block));
  std::unique_ptr<uint8_t, decltype(&std::free)> memory(
      static_cast<uint8_t*>(std::aligned_alloc(block, block)), &std::free);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(KernelRead::begin(file, -1, 0, {memory.get(), block}), nullptr);
}

TEST(KernelRead, ThatNobodyWaitedForHasEndedWithIt) {
  TemporaryFolder folder;
  const auto storage = std::move(*PosixStorage::at(folder.path()));
  ASSERT_TRUE((*storage->open("f", OpenMode::create))->write(0, noise(64 * block)));
  const auto file = std::move(*storage->open("f", OpenMode::read));
  for (int i = 0; i < 50; ++i) {
    std::unique_ptr<uint8_t, decltype(&std::free)> memory(
        static_cast<uint8_t*>(std::aligned_alloc(block, 64 * block)), &std::free);
    file->begin_read(0, {memory.get(), 64 * block}).reset();
    std::fill_n(memory.get(), 64 * block, uint8_t{7});
    EXPECT_EQ(std::count(memory.get(), memory.get() + 64 * block, 7), 64 * ptrdiff_t{block});
  }
}

}  // namespace
}  // namespace spate
