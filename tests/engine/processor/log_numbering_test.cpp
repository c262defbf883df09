// A partition over a log that numbers commands itself and may let another own the partition.
#include <gtest/gtest.h>

#include "engine/log/command_door.hpp"
#include "engine/processor/partition_processor.hpp"
#include "tests/support/built_in_domain.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/processor_kit.hpp"

namespace spate {
namespace {

std::vector<int64_t> decided_at;

Verdict decide_noting(RowAccess& rows, std::string_view stream, Instant now, Bytes payload,
                      EmitCore& emit) {
  decided_at.push_back(now.ns);
  return redemptions_domain().handler->commands[2].decide(rows, stream, now, payload, emit);
}

/// Redemptions that remember when they were decided.
const Domain& watched_domain() {
  static std::vector<HandlerTable::CommandOps> commands(
      redemptions_domain().handler->commands.begin(), redemptions_domain().handler->commands.end());
  commands[2].decide = &decide_noting;
  static const HandlerTable handler{commands, redemptions_domain().handler->events, 1};
  static const Domain domain{"redemptions", &handler, redemptions_domain().projection,
                             redemptions_domain().schema};
  return domain;
}

struct LogNumbering : testing::Test {
  ProcessorKit kit{watched_domain(), {}, {}, {}, Numbering::log};
  /// Commands into the log, then their outcomes.
  void settle() {
    kit.settle();
    kit.settle();
  }
  /// The body of a redeem of "c" as another sender would append it.
  ByteBuffer foreign(std::string_view claimant) {
    ProcessorKit other(redemptions_domain());
    other.redeem("c", claimant, claimant);
    other.step();
    ByteBuffer body;
    for (const RecordView record : **other.log.read(LogSide::commands, p, 1, 1000))
      body.append(record.body);
    return body;
  }
};

TEST_F(LogNumbering, DecidesOwnAndForeignCommandsInTheOrderOfTheLog) {
  kit.open("c", 2);
  settle();
  kit.log.append_foreign(p, kit.clock.wall(), foreign("eve"));
  kit.redeem("c", "ann");
  settle();
  kit.redeem("c", "bob");
  settle();
  EXPECT_EQ(kit.replies(),
            "1 outcome accepted\n2 outcome accepted\n3 outcome rejected sold_out\n");
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 accepted\n3 3 accepted\n4 4 rejected sold_out\n");
}

TEST_F(LogNumbering, TakesTheTimeOfTheLogAndNeverGoesBack) {
  kit.open("c", 5);
  settle();
  const int64_t opened = kit.clock.wall().ns;
  kit.log.append_foreign(p, {opened + 900}, foreign("eve"));
  kit.log.append_foreign(p, {opened + 100}, foreign("ann"));
  settle();
  std::vector<int64_t> times;
  for (uint64_t from = 1; from <= 3; ++from)
    for (const RecordView record : **kit.log.read(LogSide::outcomes, p, from, 1))
      if (record.head.number == from) times.push_back(record.head.time);
  EXPECT_EQ(times, (std::vector<int64_t>{opened, opened + 900, opened + 900}));
  ASSERT_GE(decided_at.size(), 2u);
  EXPECT_EQ(decided_at[decided_at.size() - 2], opened + 900);
  EXPECT_EQ(decided_at.back(), opened + 900) << "what the handler saw is what the outcome says";
}

TEST_F(LogNumbering, AnswersPendingOnceTheCommandIsInTheLog) {
  kit.open("c", 5);
  settle();
  kit.next_is_async();
  kit.redeem("c", "ann");
  kit.step();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n");
  settle();
  EXPECT_EQ(kit.replies(), "2 pending\n");
}

TEST_F(LogNumbering, KnowsOfNoCommandOnlyAfterTheEndOfTheLogWasAsked) {
  kit.open("c", 5);
  settle();
  kit.replies();
  kit.find(kit.id_of_key("c", "never"));
  kit.step();
  EXPECT_EQ(kit.replies(), "") << "the log has not said where it ends";
  settle();
  EXPECT_EQ(kit.replies(), "2 unknown\n");
}

TEST_F(LogNumbering, DoesNotHoldUpItsEndForAQuestionThatTheLogDoesNotAnswer) {
  kit.open("c", 5);
  settle();
  kit.replies();
  kit.find(kit.id_of_key("c", "never"));
  kit.step();
  kit.partition().drain();
  kit.step();
  EXPECT_EQ(kit.replies(), "2 not_ready\n");
  EXPECT_TRUE(kit.partition().quiet());
}

TEST_F(LogNumbering, IsNotReadyWhileAnotherOwnsThePartition) {
  kit.log.hold_acquire(true);
  kit.restart();
  EXPECT_NE(kit.partition().state_text().find("another node"), std::string::npos);
  kit.open("c", 5);
  settle();
  EXPECT_EQ(kit.replies(), "1 not_ready\n");
  kit.partition().drain();
  EXPECT_TRUE(kit.partition().quiet()) << "an end does not wait for ownership";
}

/// What was handed on as a redeem of ann's, as tickets; it is taken.
std::string handed_on(Handoff& handoff, const ProcessorKit& kit) {
  std::string tickets;
  for (; const auto message = handoff.requests.front(); handoff.requests.pop()) {
    HandoffHead from;
    RequestHead head;
    std::memcpy(&from, message->data(), sizeof from);
    std::memcpy(&head, message->data() + sizeof from, sizeof head);
    EXPECT_EQ(from.mailbox, 0u);
    EXPECT_EQ(head.id, kit.id_of_key("c", "a"));
    EXPECT_EQ(text_of(command_of(message->subspan(sizeof from + sizeof head)).stream()), "c");
    tickets += std::to_string(head.ticket) + " ";
  }
  return tickets;
}

TEST_F(LogNumbering, HandsOnWhatItDoesNotOwnAsSoonAsThereIsRoom) {
  kit.open("c", 5);
  settle();
  kit.replies();
  Handoff handoff(1 << 10);
  kit.log.hold_acquire(true);
  kit.restart();
  kit.group().hand_on(&handoff, 1);
  for (int i = 0; i < 10; ++i) kit.redeem("c", "ann", "a");
  std::string handed;
  for (int turns = 0; turns < 10; ++turns) {
    kit.step();
    handed += handed_on(handoff, kit);
  }
  EXPECT_EQ(handed, "2 3 4 5 6 7 8 9 10 11 ");
  EXPECT_EQ(kit.replies(), "") << "nobody is refused for a queue that is full for a moment";
  kit.log.hold_acquire(false);
  settle();
  kit.redeem("c", "ann", "a");
  settle();
  EXPECT_EQ(kit.replies(), "12 outcome accepted\n") << "the owner hands on nothing";
}

TEST_F(LogNumbering, AnswersWhoWaitedFromWhatTheNextOwnerDecided) {
  kit.open("c", 5);
  settle();
  kit.redeem("c", "ann", "a");
  kit.step();
  kit.log.make_durable(p);  // the command is in the log
  kit.step();               // decided here, not yet durable
  const BatchPtr ours = *kit.log.read(LogSide::outcomes, p, 1, 1000);
  ASSERT_EQ(ours->last(), 1u);
  kit.log.fail(p, Progress::Fate::unknown, true);  // what the next owner wrote is the same outcome
  kit.log.hold_acquire(true);
  settle();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n") << "nobody is answered without an owner";
  kit.redeem("c", "bob", "b");
  settle();
  EXPECT_EQ(kit.replies(), "3 not_ready\n");
  kit.log.hold_acquire(false);
  settle();
  EXPECT_EQ(kit.replies(), "2 duplicate of 2\n");
  kit.redeem("c", "bob", "b");
  settle();
  EXPECT_EQ(kit.replies(), "4 outcome accepted\n");
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 accepted\n3 3 accepted\n");
}

TEST_F(LogNumbering, TellsThoseWhoseCommandsWereNotShownToAskAgain) {
  kit.open("c", 5);
  settle();
  kit.log.fail(p, Progress::Fate::conflict);
  kit.log.hold_acquire(true);
  kit.redeem("c", "ann", "a");
  kit.step();  // handed to the log, then the conflict is met
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 maybe_taken\n");
  kit.log.hold_acquire(false);
  settle();
  kit.redeem("c", "ann", "a");
  settle();
  EXPECT_EQ(kit.replies(), "3 duplicate of 2 replayed\n") << "it was decided all the same";
}

TEST_F(LogNumbering, TellsThoseWhoWaitToAskTheNodeThatGoesOn) {
  kit.open("c", 5);
  settle();
  kit.redeem("c", "ann", "a");
  kit.step();
  kit.log.make_durable(p);
  kit.step();  // decided here, not durable
  kit.find(kit.id_of_key("c", "never"));
  kit.log.hold_acquire(true, true);
  kit.log.fail(p, Progress::Fate::conflict);
  kit.step();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 maybe_taken\n3 not_ready\n");
  kit.log.hold_acquire(false);  // elected again: what was answered is not answered twice
  settle();
  EXPECT_EQ(kit.replies(), "");
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 accepted\n");
}

TEST_F(LogNumbering, LeavesCommandsThatTheLogHadNoRoomForToWhoeverGoesOn) {
  kit.open("c", 5);
  settle();
  kit.log.refuse(true);
  kit.redeem("c", "ann", "a");
  kit.step();  // taken, not yet in the log
  kit.log.refuse(false);
  kit.log.hold_acquire(true, true);
  kit.log.fail(p, Progress::Fate::conflict);
  kit.step();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 maybe_taken\n");
  kit.log.hold_acquire(false);
  settle();
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 accepted\n") << "it came into the log all the same";
}

TEST_F(LogNumbering, HandsOnCommandsThatTheLogHadNoRoomForToTheEnd) {
  kit.open("c", 5);
  settle();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n");
  Handoff handoff(1 << 10);
  kit.group().hand_on(&handoff, 1);
  kit.log.refuse(true);
  for (int i = 0; i < 10; ++i) kit.redeem("c", "ann", "a");
  kit.step();  // taken, not in the log
  EXPECT_EQ(handed_on(handoff, kit), "");
  kit.log.hold_acquire(true, true);
  kit.log.fail(p, Progress::Fate::conflict);
  std::string handed;
  for (int turns = 0; turns < 10; ++turns) {
    kit.step();
    kit.partition().drain();
    EXPECT_TRUE(turns > 0 || !kit.partition().quiet()) << "some still wait for room";
    handed += handed_on(handoff, kit);
  }
  EXPECT_EQ(handed, "2 3 4 5 6 7 8 9 10 11 ");
  EXPECT_EQ(kit.replies(), "");
  EXPECT_TRUE(kit.partition().quiet());
}

TEST_F(LogNumbering, GoesOnHandingOnWhenItOwnsThePartitionAgain) {
  kit.open("c", 5);
  settle();
  kit.replies();
  Handoff handoff(1 << 10);
  kit.group().hand_on(&handoff, 1);
  kit.log.refuse(true);
  for (int i = 0; i < 10; ++i) kit.redeem("c", "ann", "a");
  kit.step();
  kit.log.fail(p, Progress::Fate::unknown);
  kit.step();  // lost and acquired again at once
  kit.log.refuse(false);
  std::string handed;
  for (int turns = 0; turns < 10; ++turns) {
    kit.step();
    handed += handed_on(handoff, kit);
  }
  EXPECT_EQ(handed, "2 3 4 5 6 7 8 9 10 11 ");
  EXPECT_TRUE(kit.partition().quiet());
}

TEST_F(LogNumbering, SaysThatACommandWasNotTakenWhenTheLogHadNoRoomToTheEnd) {
  kit.open("c", 5);
  settle();
  kit.log.refuse(true);
  kit.redeem("c", "ann", "a");
  kit.step();
  kit.log.hold_acquire(true, true);
  kit.log.fail(p, Progress::Fate::conflict);
  kit.step();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 not_ready\n");
  kit.log.refuse(false);
  kit.log.hold_acquire(false);
  settle();
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n");
}

TEST_F(LogNumbering, TellsThoseWhoseCommandsFailedToAskAgainAndCanEnd) {
  kit.open("c", 5);
  settle();
  kit.redeem("c", "ann", "a");
  kit.step();
  kit.replies();
  kit.log.fail_commands(p);
  kit.step();
  EXPECT_EQ(kit.replies(), "2 maybe_taken\n") << "nothing else will ever tell";
  EXPECT_TRUE(kit.partition().quiet()) << "an end must not wait for what never comes";
  kit.redeem("c", "ann", "a");
  settle();
  EXPECT_EQ(kit.replies(), "3 outcome accepted\n");
}

TEST_F(LogNumbering, WaitsWhileTheLogCannotBeReadAndGoesOnByItself) {
  kit.open("c", 5);
  settle();
  ASSERT_TRUE(kit.partition().freeze_now());
  kit.write_checkpoint();
  kit.store.flush();
  kit.redeem("c", "ann", "a");
  settle();
  kit.replies();
  kit.log.fail_reads(true);
  kit.restart();  // its checkpoint is held against the log
  EXPECT_EQ(kit.fault(), "");
  EXPECT_NE(kit.partition().state_text().find("cannot be read"), std::string::npos);
  EXPECT_FALSE(kit.partition().ready());
  kit.log.fail_reads(false);
  settle();
  ASSERT_TRUE(kit.partition().ready());
  kit.log.fail_reads(true);
  kit.redeem("c", "bob", "b");
  settle();
  EXPECT_EQ(kit.fault(), "");
  EXPECT_FALSE(kit.partition().untroubled());
  EXPECT_EQ(kit.replies(), "");
  kit.log.fail_reads(false);
  settle();
  EXPECT_EQ(kit.replies(), "3 outcome accepted\n");
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 accepted\n3 3 accepted\n");
}

TEST_F(LogNumbering, EndsInOrderAlthoughItIsNotTheOwnerAnyMore) {
  kit.open("c", 5);
  settle();
  kit.redeem("c", "ann", "a");
  kit.step();
  kit.log.make_durable(p);
  kit.step();
  kit.log.hold_acquire(true);
  kit.log.fail(p, Progress::Fate::conflict);
  kit.step();
  EXPECT_FALSE(kit.partition().quiet()) << "somebody waits";
  kit.partition().drain();
  kit.step();
  kit.step();
  EXPECT_EQ(kit.replies(), "1 outcome accepted\n2 maybe_taken\n");
  EXPECT_TRUE(kit.partition().quiet());
}

TEST_F(LogNumbering, RefusesOnceWhatTheDoorKeptRawAndKeepsItWithTheReason) {
  kit.open("c", 5);
  settle();
  const KafkaHeader headers[] = {{"ce_id", as_bytes("a")}};
  ByteBuffer raw;
  raw_command(p, {7, 1'764'000'000'000, as_bytes("c"), as_bytes("{"), headers},
              "body must be JSON", 4096, raw);
  kit.log.append_foreign(p, kit.clock.wall(), raw);
  kit.redeem("c", "ann");
  settle();
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 refused\n3 3 accepted\n");
  for (const RecordView record : **kit.log.read(LogSide::outcomes, p, 2, 1)) {
    if (record.head.number != 2) continue;
    EXPECT_EQ(text_of(outcome_of(record.body).reason()), "body must be JSON");
    EXPECT_EQ(as_text(bytes_of(outcome_of(record.body).command())), as_text(raw));
  }
  kit.restart();
  settle();
  EXPECT_EQ(kit.outcomes(), "1 1 accepted\n2 2 refused\n3 3 accepted\n");
}

}  // namespace
}  // namespace spate
