// SpscRing: its bound in bytes, order over the wrap, and the longest message that is sure to fit.
#include "engine/base/spsc_ring.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace spate {
namespace {

bool push(SpscRing& ring, const std::string& text) {
  uint8_t* at = ring.begin(text.size());
  if (at == nullptr) return false;
  std::memcpy(at, text.data(), text.size());
  ring.commit();
  return true;
}

std::string pop(SpscRing& ring) {
  const auto message = ring.front();
  if (!message) return "(none)";
  std::string text(as_text(*message));
  ring.pop();
  return text;
}

TEST(SpscRing, TakesNoMoreThanItsCapacityAndGoesOnOnceOneIsPopped) {
  SpscRing ring(1024);
  int taken = 0;
  while (push(ring, "message " + std::to_string(taken))) ++taken;
  EXPECT_EQ(taken, 1024 / 32);  // 16 of header, 16 of text
  EXPECT_EQ(ring.bytes_queued(), ring.capacity_bytes());
  EXPECT_EQ(pop(ring), "message 0");
  EXPECT_TRUE(push(ring, "one more"));
  EXPECT_FALSE(push(ring, "and another"));
  for (int i = 1; i < taken; ++i) EXPECT_EQ(pop(ring), "message " + std::to_string(i));
  EXPECT_EQ(pop(ring), "one more");
  EXPECT_EQ(pop(ring), "(none)");
}

TEST(SpscRing, HasRoomForItsLongestMessageWhereverItStands) {
  for (int before = 0; before < 64; ++before) {
    SpscRing ring(1024);
    for (int i = 0; i < before; ++i) {
      ASSERT_TRUE(push(ring, "x"));
      ASSERT_EQ(pop(ring), "x");
    }
    const std::string longest(ring.message_bytes_max(), 'l');
    ASSERT_TRUE(push(ring, longest)) << before;
    EXPECT_EQ(pop(ring), longest);
  }
}

TEST(SpscRing, HandsEveryMessageOverInOrderBetweenTwoThreads) {
  SpscRing ring(4096);
  constexpr int count = 20'000;
  std::thread producer([&] {
    for (int i = 0; i < count;) {
      if (push(ring, std::string(i % 97, 'm') + std::to_string(i))) ++i;
      else std::this_thread::yield();
    }
  });
  int wrong = 0;
  for (int i = 0; i < count;) {
    const std::string got = pop(ring);
    if (got == "(none)") {
      std::this_thread::yield();
      continue;
    }
    if (got != std::string(i % 97, 'm') + std::to_string(i)) ++wrong;
    ++i;
  }
  producer.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace spate
