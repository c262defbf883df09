// Every bit flipped, every file cut and lost, one at a time: refused or harmless, never served
// (R5).
#include <gtest/gtest.h>

#include "engine/log/log_walk.hpp"
#include "tests/support/log_world.hpp"

namespace spate {
namespace {

using Image = SimulatedDisk::Image;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t flip_stride = 17;  // sanitizers are slow: some of the bytes
#else
constexpr std::size_t flip_stride = 1;
#endif

/// All records a log shows, as text; "refused" when it does not open or read.
std::string shown(const Image& image) {
  SimulatedDisk disk(1);
  disk.load(image);
  VirtualClock clock;
  auto log = SegmentLog::open(disk, clock, small_log_options());
  if (!log) return "refused";
  std::string text;
  for (const PartitionId id : (*log)->topology().partitions()) {
    for (const LogSide side : {LogSide::commands, LogSide::outcomes}) {
      for (uint64_t from = 1;;) {
        const auto batch = (*log)->read(side, id, from, 1 << 20);
        if (!batch) return "refused";
        if (*batch == nullptr) break;
        for (const RecordView& record : **batch)
          text += std::to_string(record_crc(record.head, record.body)) + " ";
        from = (*batch)->last() + 1;
      }
    }
    text += "| ";
  }
  return text;
}

/// Two processes' work over four segments; the last stops cleanly, or is killed after its mark.
Image written_log(bool clean) {
  SegmentLogOptions options = small_log_options();
  options.limits.preparer.segment_bytes = options.limits.preparer.first_segment_bytes = 24 << 10;
  options.limits.writer.group.group_bytes_max = 2 << 10;
  LogWorld world(3, 0, options);
  for (int life = 0; life < 2; ++life) {
    EXPECT_TRUE(world.start());
    for (const PartitionId id : world.partitions()) {
      world.append(id, 2, 100);
      world.settle();
    }
    if (life == 0 || clean) {
      EXPECT_TRUE(world.close());
    } else {
      world.pass_ms(60);
      world.settle();  // one turn more writes the mark
      world.kill();
    }
  }
  EXPECT_EQ(world.wrong(), "");
  return world.disk().image();
}

struct Outcome {
  std::size_t tried = 0;
  std::size_t refused = 0;
};

void expect_refused_or_same(const Image& image, const std::string& expected,
                            const std::string& what, Outcome& outcome) {
  const std::string found = shown(image);
  ++outcome.tried;
  outcome.refused += found == "refused";
  ASSERT_TRUE(found == "refused" || found == expected) << what;
}

class Damage : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    image_ = written_log(GetParam());
    expected_ = shown(image_);
    ASSERT_GT(expected_.size(), 100u);
  }
  Image image_;
  std::string expected_;
  Outcome outcome_;
};

TEST_P(Damage, OfAnyBitIsRefusedOrHarmless) {
  for (const auto& [name, bytes] : image_) {
    for (std::size_t at = 0; at < bytes.size(); at += flip_stride) {
      // Where bytes lie each bit is flipped; in long rows of zeros one bit of some.
      const bool near = bytes[at] != 0 || at % block_bytes < group_head_bytes;
      if (!near && at % 61 != 0) continue;
      for (uint64_t bit = 0; bit < (near ? 8 : 1); ++bit) {
        Image damaged = image_;
        damaged[name][at] ^= static_cast<uint8_t>(1 << bit);
        expect_refused_or_same(damaged, expected_,
                               name + " byte " + std::to_string(at) + " bit " + std::to_string(bit),
                               outcome_);
        if (HasFatalFailure()) return;
      }
    }
  }
  std::printf("flips %zu, refused %zu, harmless %zu, served wrong 0\n", outcome_.tried,
              outcome_.refused, outcome_.tried - outcome_.refused);
  EXPECT_GT(outcome_.refused, outcome_.tried / 4);
}

TEST_P(Damage, ByCuttingAnyFileAnywhereIsRefusedOrHarmless) {
  for (const auto& [name, bytes] : image_) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::size_t in_block = size % block_bytes;
      const bool edge = in_block < 2 || in_block == block_bytes - 1 || in_block % 512 == 0 ||
                        in_block == group_head_bytes;
      if (!edge && bytes.size() > block_bytes) continue;
      Image damaged = image_;
      damaged[name].resize(size);
      expect_refused_or_same(damaged, expected_, name + " cut to " + std::to_string(size),
                             outcome_);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(outcome_.refused, 0u);
}

TEST_P(Damage, ByLosingAnyFileIsRefusedOrHarmless) {
  for (const auto& [name, bytes] : image_) {
    Image damaged = image_;
    damaged.erase(name);
    expect_refused_or_same(damaged, expected_, name + " lost", outcome_);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(outcome_.refused, 2u);
}

TEST_P(Damage, IsFoundByTheWalkOverTheWholeLog) {
  SimulatedDisk disk(1);
  disk.load(image_);
  ASSERT_TRUE(walk_log(disk)) << walk_log(disk).error().detail;
  disk.flip_bit(segment_name(2), (block_bytes + group_head_bytes + 9) * 8);
  const auto walk = walk_log(disk);
  ASSERT_FALSE(walk);
  EXPECT_EQ(walk.error().code, "log_rot");
  EXPECT_NE(walk.error().detail.find("segment-0000000000000002.log at 4096"), std::string::npos)
      << walk.error().detail;
}

INSTANTIATE_TEST_SUITE_P(Logs, Damage, testing::Values(true, false), [](const auto& clean) {
  return std::string(clean.param ? "StoppedCleanly" : "KilledAfterItsMark");
});

}  // namespace
}  // namespace spate
