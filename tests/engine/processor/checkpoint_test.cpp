// Which checkpoints a start uses: those of this log, this history, this schema and this logic
// (C2, C3).
#include <gtest/gtest.h>

#include "tests/support/processor_kit.hpp"

namespace spate {
namespace {

const Domain& redemptions_domain() {
  for (const Domain& d : domains())
    if (d.name == "redemptions") return d;
  ENSURE(!"redemptions is built in");
  return domains().front();
}

struct Change {
  const char* name;
  bool is_used;
  bool at_tail;  ///< the checkpoint is at the last outcome of the log
  void (*apply)(Checkpoint&);
};

class StoredCheckpoint : public testing::TestWithParam<Change> {};

TEST_P(StoredCheckpoint, IsUsedOrDiscardedLoudly) {
  ProcessorKit kit{redemptions_domain()};
  kit.open("c", 100);
  kit.redeem("c", "ann");
  kit.settle();
  ASSERT_TRUE(kit.partition().freeze_now());
  kit.write_checkpoint();
  if (!GetParam().at_tail) kit.redeem("other", "bob");
  kit.settle();
  const Hash128 before = kit.digest();
  Checkpoint at = **kit.store.checkpoint();
  ASSERT_EQ(at.sequence, Sequence{2});
  GetParam().apply(at);
  ASSERT_TRUE(kit.store.write(std::vector<RowWrite>{{"\1z", as_bytes("another row")}}, at));
  kit.store.flush();
  kit.restart();
  EXPECT_EQ(kit.fault(), "");
  EXPECT_EQ(kit.digest() != before, GetParam().is_used);
  EXPECT_EQ(kit.notes().find("discarded") == std::string::npos, GetParam().is_used) << kit.notes();
}

INSTANTIATE_TEST_SUITE_P(
    Rows, StoredCheckpoint,
    testing::Values(
        Change{"AsItIs", true, false, [](Checkpoint&) {}},
        Change{"AsItIsAtTheTail", true, true, [](Checkpoint&) {}},
        Change{"OfAnotherLog", false, false, [](Checkpoint& at) { ++at.log_id.lo; }},
        Change{"OfAnotherIncarnation", false, false, [](Checkpoint& at) { ++at.incarnation; }},
        Change{"AheadOfTheLog", false, true, [](Checkpoint& at) { at.sequence = {3}; }},
        Change{"OfAnotherHistory", false, false, [](Checkpoint& at) { ++at.chain; }},
        Change{"OfAnotherHistoryAtTheTail", false, true, [](Checkpoint& at) { ++at.chain; }},
        Change{"OfAnotherSchema", false, false, [](Checkpoint& at) { ++at.schema_digest; }},
        Change{"OfAnotherLogic", false, false, [](Checkpoint& at) { ++at.logic_version; }}),
    [](const auto& change) { return std::string(change.param.name); });

}  // namespace
}  // namespace spate
