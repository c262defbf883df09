// The loop of a partition: order, duplicates, durability before answers, restart, conflict.
#include "engine/processor/partition_processor.hpp"

#include <gtest/gtest.h>

#include "engine/log/chain.hpp"
#include "tests/support/built_in_domain.hpp"
#include "tests/support/processor_kit.hpp"

namespace spate {
namespace {

struct PartitionProcessorTest : testing::Test {
  ProcessorKit kit{redemptions_domain()};
};

TEST_F(PartitionProcessorTest, AnswersEachCommandInOrderOnceItIsDurable) {
  kit.open("c", 2);
  kit.redeem("c", "ann");
  kit.redeem("c", "ann");
  kit.redeem("c", "bob");
  kit.redeem("c", "cid");
  kit.redeem("nowhere", "cid");
  kit.step();
  EXPECT_EQ(kit.replies(), "") << "nothing leaves before it is durable";
  kit.settle();
  EXPECT_EQ(kit.replies(),
            "1 outcome accepted\n"
            "2 outcome accepted\n"
            "3 outcome rejected claimant_limit\n"
            "4 outcome accepted\n"
            "5 outcome rejected sold_out\n"
            "6 outcome rejected unknown_campaign\n");
}

TEST_F(PartitionProcessorTest, GivesADuplicateTheFirstOutcomeAndNoSecondEffect) {
  kit.open("c", 2);
  kit.redeem("c", "ann", "k");
  kit.redeem("c", "ann", "k");
  kit.settle();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 outcome accepted\n3 outcome accepted replayed\n");
  kit.redeem("c", "bob", "b");
  kit.settle();
  kit.redeem("c", "ann", "k");
  kit.settle();
  EXPECT_EQ(kit.replies(), "4 outcome accepted\n5 duplicate of 2 replayed\n");
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 accepted\n3 4 accepted\n");
}

TEST_F(PartitionProcessorTest, HoldsADuplicateOfAnUndurableFirstBack) {
  kit.open("c", 2);
  kit.redeem("c", "ann", "k");
  kit.step();
  kit.redeem("c", "ann", "k");
  kit.step();
  EXPECT_EQ(kit.replies(), "");
  kit.settle();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 outcome accepted\n3 outcome accepted replayed\n");
}

TEST_F(PartitionProcessorTest, HoldsAnAsyncDuplicateAndAQuestionBackUntilTheFirstIsDurable) {
  kit.open("c", 2);
  kit.settle();
  kit.replies();
  kit.redeem("c", "ann", "k");
  kit.step();
  kit.next_is_async();
  kit.redeem("c", "ann", "k");
  kit.find(kit.id_of_key("c", "k"));
  kit.step();
  EXPECT_EQ(kit.replies(), "");
  kit.settle();
  EXPECT_EQ(kit.replies(),
            "2 outcome accepted\n3 outcome accepted replayed\n4 outcome accepted replayed\n");
}

TEST_F(PartitionProcessorTest, RefusesAnotherPayloadUnderTheSameKeyAndRecordsIt) {
  kit.open("c", 5);
  kit.redeem("c", "ann", "k");
  kit.redeem("c", "bob", "k");
  kit.settle();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 outcome accepted\n3 outcome key_reused\n");
  kit.redeem("c", "ann", "k");
  kit.settle();
  EXPECT_EQ(kit.replies(), "4 duplicate of 2 replayed\n") << "the first answer stays the answer";
}

TEST_F(PartitionProcessorTest, RefusesACommandTypeItDoesNotKnowAndGoesOn) {
  kit.send(60, "c", {}, "k", 1);
  kit.open("c", 5);
  kit.settle();
  EXPECT_EQ(kit.replies(), "1 outcome refused\n2 outcome accepted\n");
}

TEST_F(PartitionProcessorTest, ComparesTheExpectedVersionInOrder) {
  kit.open("c", 5);
  kit.next_expects_version(1);
  kit.redeem("c", "ann");
  kit.next_expects_version(1);
  kit.redeem("c", "bob", "b");
  kit.settle();
  EXPECT_EQ(kit.replies(),
            "1 outcome accepted\n2 outcome accepted\n3 outcome rejected precondition_failed\n");
}

TEST_F(PartitionProcessorTest, AnswersAsyncWhenTheCommandIsDurableAndFindsItLater) {
  kit.open("c", 5);
  kit.next_is_async();
  kit.redeem("c", "ann", "k");
  kit.step();
  EXPECT_EQ(kit.replies(), "");
  kit.settle();
  EXPECT_EQ(kit.replies(), "2 pending\n1 outcome accepted\n");
  kit.find(kit.id_of_key("c", "k"));
  kit.find(kit.id_of_key("c", "never"));
  kit.settle();
  EXPECT_EQ(kit.replies(), "4 unknown\n3 duplicate of 2 replayed\n");
  kit.next_is_async();
  kit.redeem("c", "ann", "k");
  kit.settle();
  EXPECT_EQ(kit.replies(), "5 duplicate of 2 replayed\n");
}

TEST_F(PartitionProcessorTest, AnswersAsyncNoSoonerThanTheCommandIsDurable) {
  kit.next_is_async();
  kit.open("c", 5);
  kit.step();
  EXPECT_EQ(kit.replies(), "");
  kit.settle();
  EXPECT_EQ(kit.replies(), "1 pending\n");
}

TEST_F(PartitionProcessorTest, RecoversTheSameRowsByFoldingTheTailAfterACrash) {
  kit.open("c", 3);
  kit.redeem("c", "ann", "a");
  kit.redeem("c", "bob", "b");
  kit.settle();
  kit.replies();
  const Hash128 before = kit.digest();
  kit.redeem("c", "cid", "c");
  kit.step();  // decided, never durable
  kit.restart();
  EXPECT_EQ(kit.digest(), before);
  kit.redeem("c", "cid", "c");
  kit.redeem("c", "ann", "a");
  kit.settle();
  EXPECT_EQ(kit.replies(), "5 outcome accepted\n6 duplicate of 2 replayed\n");
}

TEST_F(PartitionProcessorTest, DecidesDurableCommandsThatHadNoOutcomeYet) {
  kit.open("c", 3);
  kit.settle();
  kit.log.refuse(false);
  kit.redeem("c", "ann", "a");
  kit.step();
  kit.log.fail({1, 0}, Progress::Fate::conflict);  // the commands stay, their outcomes are void
  kit.settle();
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 accepted\n");
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 outcome accepted\n");
}

TEST_F(PartitionProcessorTest, RevertsRowsAndIdsBeyondTheLastDurableOutcomeOnConflict) {
  kit.open("c", 1);
  kit.settle();
  const Hash128 before = kit.digest();
  kit.redeem("c", "ann", "a");
  kit.step();
  EXPECT_NE(kit.digest(), before);
  kit.log.fail({1, 0}, Progress::Fate::conflict);
  kit.settle();
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 accepted\n") << "decided once more, effective once";
  kit.redeem("c", "bob", "b");
  kit.settle();
  EXPECT_EQ(kit.replies(),
            "1 outcome accepted\n2 outcome accepted\n3 outcome rejected sold_out\n");
}

TEST_F(PartitionProcessorTest, TakesOverOutcomesOfAnUnknownAppendThatDidHappen) {
  kit.open("c", 1);
  kit.settle();
  kit.redeem("c", "ann", "a");
  kit.step();
  kit.log.fail({1, 0}, Progress::Fate::unknown, true);
  kit.settle();
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 accepted\n");
  kit.redeem("c", "ann", "a");
  kit.settle();
  EXPECT_NE(kit.replies().find("3 duplicate of 2 replayed"), std::string::npos);
}

TEST(PartitionProcessorCheckpoints, ComeAfterSoManyOutcomesHoweverFewRowsChange) {
  ProcessorKit kit(redemptions_domain());
  kit.limit_group({.unfrozen_outcomes_max = 5});
  kit.restart();
  kit.open("c", 100);
  for (int i = 0; i < 3; ++i) kit.redeem("c", "ann");
  kit.settle();
  EXPECT_FALSE(kit.partition().checkpointing().in_progress());
  kit.redeem("c", "ann");
  kit.settle();
  EXPECT_TRUE(kit.partition().checkpointing().wants_write());
  kit.write_checkpoint();
  EXPECT_EQ(kit.store.checkpoint().value()->sequence, Sequence{5});
}

TEST_F(PartitionProcessorTest, StartsFromItsCheckpointAndFoldsOnlyTheRest) {
  kit.open("c", 100);
  for (int i = 0; i < 20; ++i) kit.redeem("c", "p" + std::to_string(i), "k" + std::to_string(i));
  kit.settle();
  ASSERT_TRUE(kit.partition().freeze_now());
  kit.write_checkpoint();
  kit.store.flush();
  for (int i = 20; i < 30; ++i) kit.redeem("c", "p" + std::to_string(i));
  kit.settle();
  const Hash128 before = kit.digest();
  kit.restart();
  EXPECT_EQ(kit.store.checkpoint().value()->sequence, Sequence{21});
  EXPECT_EQ(kit.digest(), before);
}

/// Outcomes that nobody's processor made, behind one that is there.
void append_outcomes(MemoryLog& log, Tail tail, std::initializer_list<uint64_t> sequences) {
  const Ownership owned = *log.acquire({1, 0});
  const auto batch = std::make_shared<RecordBatch>(PartitionId{1, 0}, LogSide::outcomes);
  OutcomeWriter writer;
  for (const uint64_t sequence : sequences) {
    OutcomeFields fields;
    fields.kind = envelope::Kind::rejected;
    fields.sequence = {sequence};
    fields.cause = {1};
    fields.epoch = owned.epoch;
    fields.time = tail.time;
    fields.chain = tail.chain;
    fields.id = {sequence, sequence};
    fields.stream = "c";
    const Bytes body = writer.write(fields, nullptr);
    batch->add(sequence, tail.time, body);
    tail.chain = next_chain(body);
  }
  log.append_outcomes({1, 0}, owned.epoch, owned.tail.sequence.next(), batch);
  log.step();
}

TEST_F(PartitionProcessorTest, StopsAtOutcomesThatDoNotContinueTheChain) {
  kit.open("c", 5);
  kit.settle();
  append_outcomes(kit.log, {.time = kit.clock.wall(), .chain = 77}, {2});
  kit.restart();
  EXPECT_EQ(kit.fault(), "log_chain");
}

/// As a later version may write it: a kind and a field that this one does not know.
Bytes outcome_of_v2(flatbuffers::FlatBufferBuilder& builder, uint8_t kind, const Tail& tail) {
  const auto stream = builder.CreateString("c");
  const auto start = builder.StartTable();
  builder.AddElement<uint8_t>(envelope::Outcome::VT_FORMAT, 2, 1);
  builder.AddElement<uint8_t>(envelope::Outcome::VT_KIND, kind, 0);
  builder.AddElement<uint64_t>(envelope::Outcome::VT_SEQUENCE, tail.sequence.value + 1, 0);
  builder.AddElement<uint64_t>(envelope::Outcome::VT_CAUSE, tail.cause.value, 0);
  builder.AddElement<uint64_t>(envelope::Outcome::VT_CHAIN, tail.chain, 0);
  builder.AddElement<int64_t>(envelope::Outcome::VT_TIME, tail.time.ns, 0);
  builder.AddOffset(envelope::Outcome::VT_STREAM, stream);
  builder.AddElement<uint64_t>(envelope::Outcome::VT_TRACEPARENT + 2 * 9, 4711, 0);
  builder.Finish(flatbuffers::Offset<envelope::Outcome>(builder.EndTable(start)));
  return {builder.GetBufferPointer(), builder.GetSize()};
}

TEST_F(PartitionProcessorTest, SkipsAKindOfALaterVersionOnlyWhereItMay_I2) {
  kit.open("c", 5);
  kit.settle();
  for (const uint8_t kind : {uint8_t{200}, uint8_t{50}}) {
    const Ownership owned = *kit.log.acquire({1, 0});
    const auto batch = std::make_shared<RecordBatch>(PartitionId{1, 0}, LogSide::outcomes);
    flatbuffers::FlatBufferBuilder builder;
    const Sequence next = owned.tail.sequence.next();
    batch->add(next.value, owned.tail.time, outcome_of_v2(builder, kind, owned.tail));
    kit.log.append_outcomes({1, 0}, owned.epoch, next, batch);
    kit.log.step();
    kit.restart();
    EXPECT_EQ(kit.fault(), kind == 200 ? "" : "log_newer");
    kit.redeem("c", "ann", "a");
    kit.settle();
    EXPECT_EQ(kit.replies(), kind == 200 ? "2 outcome accepted\n" : "3 not_ready\n");
  }
}

TEST_F(PartitionProcessorTest, RefusesACommandWithoutAStream) {
  kit.open("", 5);
  kit.open("c", 5);
  kit.settle();
  EXPECT_EQ(kit.replies(), "1 outcome refused\n2 outcome accepted\n");
}

TEST_F(PartitionProcessorTest, StopsAtAGapInTheOutcomes) {
  kit.open("c", 5);
  kit.settle();
  const Tail tail = kit.log.acquire({1, 0})->tail;
  append_outcomes(kit.log, tail, {2, 4});
  kit.restart();
  EXPECT_EQ(kit.fault(), "log_gap");
}

TEST_F(PartitionProcessorTest, StampsNothingWhileTheClockHasJumpedAhead) {
  kit.open("c", 5);
  kit.settle();
  const Instant right = kit.clock.wall();
  kit.clock.jump_wall_to({right.ns + 2 * Stamp::jump_ns_max});
  kit.redeem("c", "ann");
  kit.settle();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 not_ready\n");
  kit.clock.jump_wall_to(right);
  kit.redeem("c", "ann");
  kit.settle();
  EXPECT_EQ(kit.replies(), "3 outcome accepted\n");
}

TEST_F(PartitionProcessorTest, StaysClosedWhenTheClockIsFarBehindTheLog) {
  kit.open("c", 5);
  kit.settle();
  kit.clock.jump_wall_to({kit.clock.wall().ns - 2 * Stamp::jump_ns_max});
  kit.restart();
  kit.redeem("c", "ann");
  kit.settle();
  EXPECT_EQ(kit.replies(), "2 not_ready\n");
  EXPECT_NE(kit.partition().state_text().find("--confirm-clock"), std::string::npos);
  kit.clock.advance_ns(2 * Stamp::jump_ns_max);
  kit.step();
  kit.redeem("c", "ann");
  kit.settle();
  EXPECT_EQ(kit.replies(), "3 outcome accepted\n") << "ready by itself once the clock is right";
}

TEST_F(PartitionProcessorTest, EndsAlsoWhileItWaitsForTheClock) {
  kit.open("c", 5);
  kit.settle();
  kit.clock.jump_wall_to({kit.clock.wall().ns - 2 * Stamp::jump_ns_max});
  kit.restart();
  EXPECT_FALSE(kit.partition().quiet());
  kit.partition().drain();
  kit.redeem("c", "ann");
  kit.settle();
  EXPECT_EQ(kit.replies(), "2 shutting_down\n");
  EXPECT_TRUE(kit.partition().quiet());
}

TEST_F(PartitionProcessorTest, FinishesWhatItTookAndRefusesTheRestWhenDraining) {
  kit.open("c", 5);
  kit.step();
  kit.partition().drain();
  kit.redeem("c", "ann");
  kit.settle();
  EXPECT_EQ(kit.replies(), "2 shutting_down\n1 outcome accepted\n");
  EXPECT_TRUE(kit.partition().quiet());
}

TEST_F(PartitionProcessorTest, LeavesRequestsInTheRingWhileTheLogIsFull) {
  kit.log.refuse(true);
  kit.open("c", 5);
  kit.settle();
  EXPECT_EQ(kit.replies(), "");
  kit.log.refuse(false);
  kit.settle();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n");
}

}  // namespace
}  // namespace spate
