// The store of a rebuilt generation before readers come: in order, and on disk.
#include "tests/engine/replay/rebuild_kit.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

using namespace text_event;

struct RebuiltStore : testing::Test {
  MemoryLog log{log_topology({{"texts", 2}})};
  OutcomeLog outcomes{log, p};
  MemoryGenerations home;
  VirtualClock clock;
  ServingLife life{log, home, clock};

  void write(int from, int count) {
    for (int n = from; n < from + count; ++n)
      outcomes.accept("s", {{put_item, "k" + std::to_string(n) + " " + std::to_string(n)}});
  }
};

TEST_F(RebuiltStore, IsPutInOrderForReadsBeforeItIsProvenAndGoesOnFoldingMeanwhile) {
  write(0, 50);
  life.settle();
  home.arranges = Step::worked;
  EXPECT_EQ(life.begin(), RebuildStage::folding);
  clock.advance_ns(60'000'000);  // it is shown from time to time
  life.settle();
  EXPECT_EQ(life.rebuild->status().waiting, "its tables are put in order for reads");
  write(50, 5);
  life.settle();
  EXPECT_EQ(life.generations.of(2).views->position(p).value, 55u);
  home.arranges = Step::idle;
  EXPECT_EQ(life.run_to(RebuildStage::switched), RebuildStage::switched);
  EXPECT_EQ(life.rebuild->status().waiting, "");
}

TEST_F(RebuiltStore, IsOnDiskAsFarAsItIsFoldedBeforeReadersMove) {
  write(0, 50);
  life.settle();
  EXPECT_EQ(life.begin({.hold = true}), RebuildStage::ready);
  write(50, 5);
  life.settle();
  uint64_t folded = 0, kept = 0;
  home.on_save = [&] {  // what a crash would leave once the plan says where readers go
    folded = life.generations.of(2).views->position(p).value;
    if (home.of(2).unflushed() == 0) kept = (*home.of(2).checkpoint(p))->sequence.value;
  };
  EXPECT_EQ(life.order(RebuildOrder::switch_over), RebuildStage::switched);
  EXPECT_EQ(folded, 55u);
  EXPECT_EQ(kept, 55u);
}

}  // namespace
}  // namespace spate
