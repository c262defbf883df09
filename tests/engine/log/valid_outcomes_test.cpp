// ValidOutcomes: which records of an outcome topic count, written as small topics.
#include "engine/log/valid_outcomes.hpp"

#include <gtest/gtest.h>

#include "engine/log/chain.hpp"
#include "schemas/envelope_generated.h"
#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"

namespace spate {
namespace {

using Verdict = ValidOutcomes::Verdict;

/// One topic, written record by record and folded as it is.
class Topic {
 public:
  Verdict own(uint64_t epoch, uint64_t nonce = 1) {
    const ByteBuffer record = ownership_record({epoch}, {7, nonce}, "node:1");
    return feed(record);
  }
  /// An outcome of `epoch` that continues `writer`, as its owner sees the tail.
  Verdict outcome(uint64_t epoch, Tail& writer) {
    const BatchPtr batch = outcome_batch(p, writer, {epoch}, {writer.cause.value + 1}, 1);
    return feed((*batch->begin()).body);
  }
  /// The writer goes on, its record is lost.
  void lose(uint64_t epoch, Tail& writer) {
    outcome_batch(p, writer, {epoch}, {writer.cause.value + 1}, 1);
  }
  /// Whether a mark of `epoch` that `passed` so much counts; `tail`: as its owner sees it.
  bool mark(uint64_t epoch, const Tail& tail, uint64_t passed) {
    EXPECT_EQ(feed(mark_record({epoch}, tail, {passed})), Verdict::ignored);
    return fold.at().decided() == Cause{passed};
  }
  Verdict kind(uint8_t kind) {
    flatbuffers::FlatBufferBuilder builder;
    envelope::OutcomeBuilder outcome(builder);
    outcome.add_kind(static_cast<envelope::Kind>(kind));
    builder.Finish(outcome.Finish());
    return feed({builder.GetBufferPointer(), builder.GetSize()});
  }
  Verdict feed(Bytes value) { return fold.feed(offset++, value); }
  uint64_t tail() const { return fold.at().tail.sequence.value; }

  ValidOutcomes fold;
  int64_t offset = 0;
};

TEST(ValidOutcomes, BelievesAMarkOnlyOfTheOwnerAndBehindAllThatItHadDecided) {
  Topic topic;
  Tail a;
  topic.own(2);
  EXPECT_TRUE(topic.mark(2, a, 10));
  topic.outcome(2, a);
  topic.outcome(2, a);
  Tail behind = a, other = a;
  behind.sequence = {1};
  other.chain ^= 1;
  EXPECT_FALSE(topic.mark(1, a, 20)) << "of an owner that was fenced";
  EXPECT_FALSE(topic.mark(3, a, 20)) << "of an epoch that nobody claimed";
  EXPECT_FALSE(topic.mark(2, behind, 20)) << "sent before outcomes that came";
  EXPECT_FALSE(topic.mark(2, other, 20)) << "of another history";
  EXPECT_EQ(topic.fold.at().decided(), Cause{10});
  EXPECT_TRUE(topic.mark(2, a, 20));
  EXPECT_EQ(topic.outcome(2, a), Verdict::valid) << "the sequence goes on";
  topic.lose(2, a);
  EXPECT_FALSE(topic.mark(2, a, 30)) << "behind an outcome that was lost";
  topic.outcome(2, a);
  EXPECT_FALSE(topic.mark(2, a, 30)) << "in the void";
}

TEST(ValidOutcomes, CountsTheOutcomesOfTheClaimedEpochInTheirOrder) {
  Topic topic;
  Tail a;
  EXPECT_EQ(topic.own(1), Verdict::ownership);
  EXPECT_EQ(topic.outcome(1, a), Verdict::valid);
  EXPECT_EQ(topic.outcome(1, a), Verdict::valid);
  EXPECT_EQ(topic.fold.at().tail.sequence, a.sequence);
  EXPECT_EQ(topic.fold.at().tail.chain, a.chain);
  EXPECT_EQ(topic.fold.at().tail.cause, a.cause);
  EXPECT_EQ(topic.fold.at().tail.time, a.time);
  EXPECT_EQ(topic.fold.at().tail_offset, 2);
  EXPECT_EQ(topic.fold.at().next_offset, 3);
}

TEST(ValidOutcomes, IgnoresStragglersOfAFencedOwnerWhicheverSequenceTheyHave) {
  Topic topic;
  Tail a;
  topic.own(1);
  topic.outcome(1, a);
  Tail b = a;
  topic.own(2);
  EXPECT_EQ(topic.outcome(1, a), Verdict::ignored);
  EXPECT_EQ(topic.tail(), 1u);
  EXPECT_EQ(topic.outcome(2, b), Verdict::valid);
  EXPECT_EQ(topic.outcome(1, a), Verdict::ignored);
  EXPECT_EQ(topic.outcome(2, b), Verdict::valid);
  EXPECT_EQ(topic.tail(), 3u);
}

TEST(ValidOutcomes, GivesAnEpochToTheFirstWhoClaimedIt) {
  Topic topic;
  EXPECT_EQ(topic.own(3, 10), Verdict::ownership);
  EXPECT_EQ(topic.own(3, 11), Verdict::ignored);
  EXPECT_EQ(topic.own(2, 12), Verdict::ignored);
  EXPECT_EQ(topic.fold.at().nonce, (Hash128{7, 10}));
  EXPECT_EQ(topic.fold.at().epoch, Epoch{3});
}

TEST(ValidOutcomes, VoidsTheRestOfAnEpochBehindASequenceThatWasLeftOut) {
  Topic topic;
  Tail a;
  topic.own(1);
  topic.outcome(1, a);
  Tail b = a, again = a;
  topic.lose(1, a);
  EXPECT_EQ(topic.outcome(1, a), Verdict::ignored);
  EXPECT_TRUE(topic.fold.at().voided);
  EXPECT_EQ(topic.outcome(1, again), Verdict::ignored);  // too late to fill the gap
  EXPECT_EQ(topic.own(2), Verdict::ownership);
  EXPECT_EQ(topic.outcome(2, b), Verdict::valid);
  EXPECT_EQ(topic.tail(), 2u);
}

TEST(ValidOutcomes, StopsWhereALaterOwnerBuildsOnWhatIsVoid) {
  Topic topic;
  Tail a;
  topic.own(1);
  Tail b;
  topic.lose(1, a);
  b.sequence = {0};
  b.chain = a.chain;  // it took the lost outcome for valid
  topic.own(2);
  EXPECT_EQ(topic.outcome(2, b), Verdict::broken);
  EXPECT_NE(topic.fold.reason().find("does not continue"), std::string::npos);
}

TEST(ValidOutcomes, IgnoresARepetitionWithinTheEpoch) {
  Topic topic;
  Tail a;
  topic.own(1);
  Tail again = a;
  topic.outcome(1, a);
  EXPECT_EQ(topic.outcome(1, again), Verdict::ignored);
  EXPECT_EQ(topic.outcome(1, a), Verdict::valid);
}

TEST(ValidOutcomes, StopsAtAnOffsetThatIsMissing) {
  Topic topic;
  topic.own(1);
  ++topic.offset;
  Tail a;
  EXPECT_EQ(topic.outcome(1, a), Verdict::broken);
  EXPECT_EQ(topic.fold.at().next_offset, 1);
}

TEST(ValidOutcomes, StopsAtAnEpochThatNobodyClaimed) {
  Topic topic;
  Tail a;
  EXPECT_EQ(topic.outcome(1, a), Verdict::broken);
}

TEST(ValidOutcomes, SkipsTheKindsThatMayBeSkippedAndStopsAtOthersItDoesNotKnow) {
  Topic topic;
  EXPECT_EQ(topic.kind(128), Verdict::ignored);
  EXPECT_EQ(topic.kind(255), Verdict::ignored);
  EXPECT_EQ(topic.kind(0), Verdict::broken);
  EXPECT_EQ(Topic().kind(8), Verdict::broken);
  EXPECT_EQ(Topic().kind(127), Verdict::broken);
}

TEST(ValidOutcomes, StopsAtBytesThatAreNoOutcome) {
  EXPECT_EQ(Topic().feed({}), Verdict::broken);
  EXPECT_EQ(Topic().feed(as_bytes("what is this doing here?")), Verdict::broken);
  const ByteBuffer whole = ownership_record({1}, {1, 2}, "node");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    Topic topic;
    const Verdict verdict = topic.feed({whole.data(), cut});
    EXPECT_TRUE(verdict == Verdict::broken || verdict == Verdict::ownership) << cut;
  }
}

TEST(ValidOutcomes, ReadsValuesThatLieOddlyInMemory) {
  const ByteBuffer record = ownership_record({1}, {1, 2}, "node");
  ByteBuffer shifted;
  shifted.grow(1);
  shifted.append(record);
  Topic topic;
  EXPECT_EQ(topic.feed({shifted.data() + 1, record.size()}), Verdict::ownership);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(topic.fold.value().data()) % 8, 0u);
}

TEST(ValidOutcomes, TakesOwnOutcomesWithoutLookingAtThem) {
  Topic seen, own;
  Tail a, b;
  seen.own(1), own.own(1);
  const BatchPtr batch = outcome_batch(p, a, {1}, {1}, 5);
  RecordView last;
  for (const RecordView record : *batch) seen.feed((last = record).body);
  own.fold.take_own(5, last);
  EXPECT_EQ(own.fold.at().tail.chain, seen.fold.at().tail.chain);
  EXPECT_EQ(own.fold.at().tail.sequence, seen.fold.at().tail.sequence);
  EXPECT_EQ(own.fold.at().tail.cause, seen.fold.at().tail.cause);
  EXPECT_EQ(own.fold.at().next_offset, seen.fold.at().next_offset);
  EXPECT_EQ(own.fold.at().tail_offset, seen.fold.at().tail_offset);
}

}  // namespace
}  // namespace spate
