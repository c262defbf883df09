// Hashes: vectors published by others, so that partitions and checksums agree with theirs.
#include "engine/base/hash.hpp"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

TEST(Murmur2, EqualsKafkasUtilsTestVectors) {
  EXPECT_EQ(static_cast<int32_t>(murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<int32_t>(murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<int32_t>(murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(static_cast<int32_t>(murmur2("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(static_cast<int32_t>(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")),
            -58897971);
  EXPECT_EQ(static_cast<int32_t>(murmur2("abc")), 479470107);
}

TEST(Crc32c, EqualsTheVectorsOfRfc3720) {
  const std::string zeros(32, '\0');
  const std::string ones(32, '\xff');
  EXPECT_EQ(crc32c(as_bytes(zeros)), 0x8a9136aau);
  EXPECT_EQ(crc32c(as_bytes(ones)), 0x62a8ab43u);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
}

TEST(Crc32c, GivesTheSameBySoftwareAtEveryLengthAndContinuation) {
  std::string text;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(crc32c(as_bytes(text)), crc32c_software(as_bytes(text))) << i;
    const auto half = std::string_view(text).substr(0, text.size() / 2);
    const auto rest = std::string_view(text).substr(text.size() / 2);
    EXPECT_EQ(crc32c(as_bytes(rest), crc32c(as_bytes(half))), crc32c(as_bytes(text))) << i;
    text += static_cast<char>(i * 37);
  }
}

TEST(CommandIds, DifferWheneverAnyPartDiffers) {
  const CommandId id = command_id("", "redemptions", "c1", "k1");
  EXPECT_EQ(id, command_id("", "redemptions", "c1", "k1"));
  EXPECT_NE(id, command_id("a", "redemptions", "c1", "k1"));
  EXPECT_NE(id, command_id("", "redemptions", "c1k", "1"));
  EXPECT_NE(id, command_id("", "redemptionsc", "1", "k1"));
}

// The vector of tests/kafka/checks/outcome_fold_test.py.
TEST(CommandIds, AreWhatAnyBlake2bComputes) {
  EXPECT_EQ(to_hex(command_id("shop", "redemptions", "campaign-42", "order-1001")),
            "e635193782e994c50bd20da0db5352cc");
}

TEST(CommandIds, SurviveTextAndBack) {
  const CommandId id = command_id("", "orders", "o", "k");
  CommandId back;
  ASSERT_TRUE(from_hex(to_hex(id), back));
  EXPECT_EQ(id, back);
  EXPECT_FALSE(from_hex(to_hex(id) + "0", back));
  EXPECT_FALSE(from_hex(std::string(32, 'g'), back));
}

}  // namespace
}  // namespace spate
