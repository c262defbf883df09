// WantedBell: silent while nobody waits, and nothing that changed before the waiting is missed.
#include "engine/edge/wanted_bell.hpp"

#include <gtest/gtest.h>

namespace spate::edge {
namespace {

struct CountingBell final : Bell {
  void ring() override { ++rings; }
  int rings = 0;
};

TEST(WantedBell, IsSilentWhileNobodyWaits) {
  CountingBell to;
  WantedBell bell(to);
  bell.ring();
  bell.wanted(false);
  bell.ring();
  EXPECT_EQ(to.rings, 0);
  bell.wanted(true);
  bell.wanted(false);
  to.rings = 0;
  bell.ring();
  EXPECT_EQ(to.rings, 0);
}

TEST(WantedBell, RingsOnceForWhatChangedBeforeTheWaitingAndForEachChangeAfterIt) {
  CountingBell to;
  WantedBell bell(to);
  bell.ring();  // after the waiting one looked, before it said that it waits
  bell.wanted(true);
  EXPECT_EQ(to.rings, 1) << "it looks once more";
  bell.wanted(true);
  EXPECT_EQ(to.rings, 1);
  bell.ring();
  bell.ring();
  EXPECT_EQ(to.rings, 3);
}

}  // namespace
}  // namespace spate::edge
