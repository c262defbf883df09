// What the forwarder does with requests when owners move, links break and tables are full.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/cluster/forwarder_kit.hpp"

namespace spate {
namespace {

struct ForwarderTest : testing::Test {
  ForwarderKit kit;
};

TEST_F(ForwarderTest, AsksTheOwnerAndHandsItsAnswerToWhoeverAsked) {
  kit.own(0, "a:1");
  kit.own(1, "b:1");
  kit.ask(0, 7, Ask::submit, 0);
  kit.ask(1, 8, Ask::submit, 1);
  kit.step();
  kit.node_decides("b:1");
  kit.node_decides("a:1");
  EXPECT_EQ(kit.answers(0), "1 outcome of 7");
  EXPECT_EQ(kit.answers(1), "2 outcome of 8");
  EXPECT_TRUE(kit.forwarder->quiet());
}

TEST_F(ForwarderTest, RoutesEdgesToTheProcessorOnceThePartitionIsOwnedHere) {
  EXPECT_EQ(kit.routes.at(2), ForwarderKit::forwarder_mailbox) << "until an owner is known";
  kit.own(2, "here");
  kit.step();
  EXPECT_EQ(kit.routes.at(2), 0u);
  kit.own(2, "a:1");
  kit.step();
  EXPECT_EQ(kit.routes.at(2), ForwarderKit::forwarder_mailbox);
}

TEST_F(ForwarderTest, HoldsRequestsUntilSomebodyOwnsThePartition) {
  kit.ask(0, 1);
  kit.ask(0, 2, Ask::submit, 1, true);
  kit.step();
  EXPECT_TRUE(kit.links.sent.empty());
  kit.own(0, "a:1");
  kit.step();
  ASSERT_EQ(kit.links.sent.size(), 2u);
  EXPECT_EQ(as_text(kit.links.sent[0].body), "wish 1") << "in the order in which they came";
  kit.node_decides("a:1");
  kit.node_decides("a:1");
  EXPECT_EQ(kit.answers(0) + "; " + kit.answers(1), "1 outcome of 1; 2 outcome of 2");
}

TEST_F(ForwarderTest, SendsTheSameRequestAgainWhenTheLinkBreaks) {
  kit.own(0, "a:1");
  kit.ask(0, 7);
  kit.step();
  bool fresh = false;
  kit.ledger.decide(kit.taken_from("a:1")->head.id, fresh);  // decided, but the answer is lost
  kit.forwarder->lost(kit.links.peer("a:1"));
  kit.step();
  kit.pass_ms(25);
  EXPECT_EQ(kit.answers(), "");
  kit.node_decides("a:1");
  EXPECT_EQ(kit.answers(), "1 outcome of 7 replayed");
}

TEST_F(ForwarderTest, SendsToTheNewOwnerWhenThePartitionMoves) {
  kit.own(0, "a:1");
  kit.ask(0, 7);
  kit.step();
  const auto old = kit.taken_from("a:1");
  kit.own(0, "b:1");
  kit.step();
  bool fresh = false;
  const Ledger::Entry& entry = kit.ledger.decide(old->head.id, fresh);
  kit.node_decides("b:1");
  kit.forwarder->replied(old->to, {old->head.ticket, entry.sequence, 0, Answer::outcome},
                         entry.outcome);
  kit.step();
  EXPECT_EQ(kit.answers(), "1 outcome of 7 replayed") << "once, although both answered";
}

TEST_F(ForwarderTest, AsksAgainWhereItIsToldNotToBeTheOwner) {
  kit.own(0, "a:1");
  kit.ask(0, 7);
  kit.step();
  kit.node_answers("a:1", Answer::not_ready);
  EXPECT_TRUE(kit.links.sent.empty()) << "not at once";
  kit.pass_ms(5);
  kit.node_decides("a:1");
  EXPECT_EQ(kit.answers(), "1 outcome of 7");
}

TEST_F(ForwarderTest, KeepsTheOrderOfAPartitionBehindARequestThatWaits) {
  kit.own(0, "a:1");
  kit.own(1, "a:1");
  kit.ask(0, 1);
  kit.step();
  kit.node_answers("a:1", Answer::not_ready);
  kit.ask(0, 2);
  kit.ask(1, 3);
  kit.step();
  ASSERT_EQ(kit.links.sent.size(), 1u) << "another partition does not wait";
  EXPECT_EQ(as_text(kit.links.sent[0].body), "wish 3");
  kit.pass_ms(5);
  ASSERT_EQ(kit.links.sent.size(), 3u);
  EXPECT_EQ(as_text(kit.links.sent[1].body), "wish 1");
  EXPECT_EQ(as_text(kit.links.sent[2].body), "wish 2");
}

TEST_F(ForwarderTest, SaysNoOnlyOfWhatNobodyCanHaveTaken) {
  kit.own(1, "a:1");
  kit.own(2, "a:1");
  kit.ask(0, 1);             // nobody owns it: it is sent nowhere
  kit.ask(1, 2);             // sent, never answered
  kit.ask(2, 3);             // sent, and refused every time
  kit.ask(1, 4, Ask::find);  // sent, never answered
  kit.step();
  for (int i = 0; i < 1'000; ++i) {
    while (const auto sent = kit.taken_from("a:1")) {
      if (sent->head.id == kit.id(3))
        kit.forwarder->replied(sent->to, {sent->head.ticket, {}, 2, Answer::not_ready}, {});
    }
    kit.pass_ms(5);
  }
  EXPECT_EQ(kit.answers(), "1 not_ready, 2 maybe_taken, 3 not_ready, 4 not_ready");
  EXPECT_TRUE(kit.forwarder->quiet());
}

TEST_F(ForwarderTest, DoesNotCallARefusalNotTakenAfterALostLink) {
  kit.own(0, "a:1");
  kit.ask(0, 7);
  kit.step();
  kit.taken_from("a:1");
  kit.forwarder->lost(kit.links.peer("a:1"));
  kit.pass_ms(25);
  kit.node_answers("a:1", Answer::storage_full);
  EXPECT_EQ(kit.answers(), "1 maybe_taken");
}

TEST_F(ForwarderTest, PassesOnWhatTheOwnerSays) {
  kit.own(0, "a:1");
  kit.ask(0, 1);
  kit.ask(0, 2, Ask::find);
  kit.ask(0, 3, Ask::find);
  kit.step();
  kit.node_answers("a:1", Answer::stream_parked);
  kit.node_answers("a:1", Answer::unknown);
  kit.node_answers("a:1", Answer::pending);
  EXPECT_EQ(kit.answers(), "1 parked, 2 unknown, 3 pending");
}

TEST_F(ForwarderTest, GivesTheProcessorHereWhatWaitedForIt) {
  kit.ask(0, 1);
  kit.step();
  kit.own(0, "here");
  kit.processor_answers(Answer::not_ready);  // it folds its tail
  kit.pass_ms(5);
  kit.processor_decides();
  kit.ask(0, 1, Ask::submit, 1);  // the edge had looked before the move
  kit.processor_decides();
  EXPECT_EQ(kit.answers(0) + "; " + kit.answers(1), "1 outcome of 1; 2 outcome of 1 replayed")
      << "the outcome of a duplicate comes with the answer";
}

TEST_F(ForwarderTest, RefusesWhatExceedsItsTable) {
  ForwarderLimits limits;
  limits.own.requests_max = 2;
  ForwarderKit small(limits);
  for (uint64_t n = 1; n <= 3; ++n) small.ask(0, n);
  small.step();
  EXPECT_EQ(small.answers(), "3 overloaded");
  limits.own = {100, 6};
  ForwarderKit few_bytes(limits);
  few_bytes.ask(0, 1);
  few_bytes.ask(0, 2);
  few_bytes.step();
  EXPECT_EQ(few_bytes.answers(), "2 overloaded");
}

TEST_F(ForwarderTest, KeepsAnswersThatAnEdgeHasNoRoomFor) {
  ForwarderKit narrow({}, 1 << 9);
  narrow.own(0, "a:1");
  std::string all;
  for (uint64_t n = 1; n <= 12; ++n) {
    narrow.ask(0, n);
    narrow.step();
    narrow.node_decides("a:1");
  }
  EXPECT_FALSE(narrow.forwarder->quiet());
  for (int i = 0; i < 12; ++i) {
    all += narrow.answers() + "; ";
    narrow.step();
  }
  EXPECT_NE(all.find("12 outcome of 12"), std::string::npos) << all;
  EXPECT_TRUE(narrow.forwarder->quiet());
}

TEST_F(ForwarderTest, ServesOtherNodesFromTheProcessorsHere) {
  kit.own(0, "here");
  kit.step();
  kit.forwarder->asked(5, {70, kit.id(1), 0, Ask::submit}, as_bytes("wish 1"));
  kit.forwarder->asked(6, {70, kit.id(1), 0, Ask::submit}, as_bytes("wish 1"));
  kit.processor_decides();
  kit.processor_decides();
  for (LinkId link : {5, 6}) {
    ASSERT_EQ(kit.links.replies[link].size(), 1u);
    const auto& reply = kit.links.replies[link][0];
    EXPECT_EQ(reply.head.ticket, 70u);
    EXPECT_EQ(reply.head.answer, Answer::outcome);
    EXPECT_EQ(reply.head.replayed, link == 6);
    EXPECT_EQ(as_text(reply.body), as_text(kit.ledger.at({1})->outcome));
  }
}

TEST_F(ForwarderTest, TellsOtherNodesAtOnceWhatItDoesNotOwn) {
  kit.own(0, "a:1");
  kit.step();
  kit.forwarder->asked(5, {70, kit.id(1), 0, Ask::submit}, as_bytes("wish 1"));
  ASSERT_EQ(kit.links.replies[5].size(), 1u);
  EXPECT_EQ(kit.links.replies[5][0].head.answer, Answer::not_ready);
  EXPECT_TRUE(kit.links.sent.empty()) << "nothing is sent on twice";
}

/// A node with more memory may ask for more than ever fits the queues here. Called overloaded it
/// would be sent again for as long as its client waits; of who is not ready the log takes over.
TEST_F(ForwarderTest, TellsOtherNodesThatItIsNotReadyForWhatNeverFits) {
  kit.own(0, "here");
  kit.step();
  const std::string longest(kit.processor.requests.message_bytes_max() - sizeof(RequestHead), 'w');
  kit.forwarder->asked(5, {70, kit.id(1), 0, Ask::submit}, as_bytes(longest + "!"));
  ASSERT_EQ(kit.links.replies[5].size(), 1u);
  EXPECT_EQ(kit.links.replies[5][0].head.answer, Answer::not_ready);
  kit.forwarder->asked(5, {71, kit.id(2), 0, Ask::submit}, as_bytes(longest));
  EXPECT_EQ(kit.links.replies[5].size(), 1u) << "taken";
}

TEST_F(ForwarderTest, TellsOtherNodesWhenAPartitionIsLostUnderTheirRequests) {
  kit.own(0, "here");
  kit.step();
  kit.forwarder->asked(5, {70, kit.id(1), 0, Ask::submit}, as_bytes("wish 1"));
  kit.step();
  kit.own(0, "a:1");
  kit.step();
  ASSERT_EQ(kit.links.replies[5].size(), 1u);
  EXPECT_EQ(kit.links.replies[5][0].head.answer, Answer::maybe_taken);
  kit.processor_decides();
  EXPECT_EQ(kit.links.replies[5].size(), 1u) << "answered once";
}

TEST_F(ForwarderTest, TurnsOtherNodesAwayWhileItDrainsAndFinishesItsOwn) {
  kit.own(0, "here");
  kit.own(1, "a:1");
  kit.ask(1, 9);
  kit.step();
  kit.forwarder->asked(5, {70, kit.id(1), 0, Ask::submit}, as_bytes("wish 1"));
  kit.forwarder->drain();
  kit.forwarder->asked(5, {71, kit.id(2), 0, Ask::submit}, as_bytes("wish 2"));
  EXPECT_EQ(kit.links.replies[5].at(0).head.answer, Answer::not_ready);
  EXPECT_FALSE(kit.forwarder->quiet());
  kit.processor_decides();
  EXPECT_EQ(kit.links.replies[5].at(1).head.answer, Answer::outcome) << "taken before the end";
  kit.node_decides("a:1");
  EXPECT_EQ(kit.answers(), "1 outcome of 9");
  EXPECT_TRUE(kit.forwarder->quiet());
}

TEST_F(ForwarderTest, PutsCommandsIntoTheLogWhenNoOwnerCanBeReachedForLong) {
  kit.log.room = 10;
  kit.own(0, "a:1");
  kit.links.down.insert(kit.links.peer("a:1"));
  kit.ask(0, 1);
  kit.ask(0, 2);
  kit.ask(0, 3, Ask::find);
  kit.step();
  kit.pass_ms(1990);
  EXPECT_TRUE(kit.log.in_log.empty()) << "it may come back";
  kit.pass_ms(30);
  EXPECT_EQ(kit.log.in_log, (std::vector<std::string>{"wish 1", "wish 2"}));
  EXPECT_EQ(kit.answers(), "") << "not yet durable";
  kit.log.told = {{1, true}, {2, true}};
  kit.step();
  EXPECT_EQ(kit.answers(), "1 pending, 2 pending");
  EXPECT_EQ(kit.forwarder->stats().published.get(), 2u);
  kit.pass_ms(5000);
  EXPECT_EQ(kit.answers(), "3 not_ready");
  EXPECT_TRUE(kit.forwarder->quiet());
}

TEST_F(ForwarderTest, PutsNothingIntoTheLogOfAnOwnerThatHasNoRoom) {
  kit.log.room = 10;
  kit.own(0, "a:1");
  kit.links.room = 0;
  kit.ask(0, 1);
  kit.pass_ms(3000);
  EXPECT_TRUE(kit.log.in_log.empty()) << "overload is not to be hidden in the log";
}

TEST_F(ForwarderTest, PutsCommandsIntoTheLogOfAnOwnerThatSaysForLongThatItIsNone) {
  kit.log.room = 10;
  kit.own(0, "a:1");
  kit.own(1, "here");
  kit.step();
  kit.ask(0, 1);
  kit.ask(0, 2);
  kit.ask(0, 3, Ask::find);
  kit.ask(1, 5, Ask::submit, 0, true);  // here nobody decides yet, either
  kit.step();
  const auto refuse_all = [&] {
    while (kit.taken_here_refused() || kit.node_refuses("a:1")) kit.step();
  };
  for (int ms = 0; ms < 1990; ++ms, kit.pass_ms(1)) refuse_all();
  EXPECT_TRUE(kit.log.in_log.empty()) << "a move takes less";
  for (int ms = 0; ms < 150; ++ms, kit.pass_ms(1)) refuse_all();
  std::sort(kit.log.in_log.begin(), kit.log.in_log.end());
  EXPECT_EQ(kit.log.in_log, (std::vector<std::string>{"wish 1", "wish 2", "wish 5"}));
  for (uint64_t number = 1; number <= 3; ++number) kit.log.told.push_back({number, true});
  kit.step();
  EXPECT_EQ(kit.answers(), "1 pending, 2 pending, 4 pending");
}

TEST_F(ForwarderTest, PutsNothingIntoTheLogOfAnOwnerThatIsOverloaded) {
  kit.log.room = 10;
  kit.own(0, "a:1");
  kit.ask(0, 1);
  kit.step();
  kit.node_answers("a:1", Answer::not_ready);
  for (int ms = 0; ms < 3000; ++ms, kit.pass_ms(1))
    if (!kit.links.sent.empty()) kit.node_answers("a:1", Answer::overloaded);
  EXPECT_TRUE(kit.log.in_log.empty()) << "it was none for a moment only";
}

TEST_F(ForwarderTest, AsksTheOwnerThatIsFoundAlthoughTheLogHasTheCommand) {
  kit.log.room = 10;
  kit.ask(0, 7);
  kit.step();
  kit.pass_ms(2000);
  ASSERT_EQ(kit.log.in_log.size(), 1u);
  kit.own(0, "b:1");
  kit.step();
  kit.log.told = {{1, true}};
  kit.step();
  EXPECT_EQ(kit.answers(), "") << "the owner will say more";
  kit.node_decides("b:1");
  EXPECT_EQ(kit.answers(), "1 outcome of 7");
}

TEST_F(ForwarderTest, DoesNotSayThatNothingWasTakenWhenTheLogFailed) {
  kit.log.room = 1;
  kit.ask(0, 7);
  kit.step();
  kit.pass_ms(2000);
  kit.log.told = {{1, false}};
  kit.pass_ms(100);
  EXPECT_EQ(kit.answers(), "");
  kit.pass_ms(3000);
  EXPECT_EQ(kit.answers(), "1 maybe_taken");
}

}  // namespace
}  // namespace spate
