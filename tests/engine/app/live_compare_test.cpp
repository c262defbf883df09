// A node that follows a partition and its owner, by what they recorded: alike, or one stands still.
#include "engine/app/live_compare.hpp"

#include <gtest/gtest.h>

#include "engine/cluster/owner_table.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/partition_under_test.hpp"
#include "tests/support/seeded_random.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {
namespace {

/// One node: its journals by partition, rows and views, and what it found.
struct Node {
  Node(const std::string& a, const Topology& t, const Clock& c)
      : address(a), topology(t), owners(topology.partitions().size()), clock(c) {
    for (std::size_t i = 0; i < 2 * topology.partitions().size(); ++i)
      journals.push_back(std::make_shared<DigestJournal>());
    begin();
  }
  void begin() {
    compare = std::make_unique<LiveCompare>(LiveCompare::Parts{
        topology, &owners, &mail, &clock, 15 * second,
        [this](PartitionId id, DigestOf of) {
          return LiveCompare::Recorded{journal(topology.dense_index(id), of), schema, version,
                                       of == DigestOf::views ? generation : 0};
        },
        [this](const LiveCompare::Finding& finding) {
          found.push_back((finding.is_asked ? "asked: " : "") + finding.text);
        }});
  }
  std::shared_ptr<DigestJournal>& journal(uint32_t dense, DigestOf of = DigestOf::rows) {
    return journals[2 * dense + static_cast<std::size_t>(of)];
  }
  void record(uint64_t sequence, uint64_t digest, uint64_t chain = 0, uint32_t dense = 0,
              DigestOf of = DigestOf::rows) {
    Checkpoint at;
    at.sequence = {sequence};
    at.chain = chain == 0 ? 10 * sequence : chain;
    at.schema_digest = schema;
    at.logic_version = version;
    at.digest = Hash128{digest, digest};
    ASSERT_TRUE(journal(dense, of)->add(at).has_value());
  }
  double metric(Metric metric, std::string_view store) {
    std::vector<Sample> samples;
    compare->add_metrics(samples);
    for (const Sample& sample : samples)
      if (sample.metric == metric && sample.labels[0] == store) return sample.value;
    return -1;
  }
  double agreed() { return metric(Metric::compared_digests, "rows"); }

  const std::string address;
  const Topology& topology;
  OwnerTable owners;
  DigestMail mail;
  const Clock& clock;
  uint64_t schema = 7;
  uint32_t version = 1, generation = 1;
  std::vector<std::shared_ptr<DigestJournal>> journals;
  std::unique_ptr<LiveCompare> compare;
  std::vector<std::string> found;
};

struct LiveCompareTest : testing::Test {
  LiveCompareTest() { owned_by(owner, {&standby}); }
  void owned_by(Node& one, const std::vector<Node*>& by) {
    for (uint32_t dense = 0; dense < topology.partitions().size(); ++dense) {
      one.owners.set(dense, {Owner::Where::here, {}});
      for (Node* other : by) other->owners.set(dense, {Owner::Where::peer, one.address});
    }
  }
  /// What the links do. Link 1 leads to who asked.
  void deliver(Node& from, Node& to) {
    while (const auto letter = from.mail.questions_out.take()) {
      ++questions;
      if (letter->address == to.address)
        to.mail.questions_in.put({1, from.address, letter->question});
    }
    to.compare->step();
    while (const auto letter = to.mail.answers_out.take())
      from.mail.answers_in.put({to.address, letter->answer});
    from.compare->step();
  }
  /// It is time: the standby's questions wait for the link.
  void ask() {
    clock.advance_ns(16 * second);
    standby.compare->step();
  }
  void round() {
    ask();
    owner.compare->step();
    deliver(standby, owner);
  }
  /// Alike on both sides.
  void record(std::initializer_list<uint64_t> sequences) {
    for (const uint64_t at : sequences) owner.record(at, at), standby.record(at, at);
  }
  void record_differing(uint64_t at) { owner.record(at, at + 1), standby.record(at, at + 2); }

  const Topology topology = log_topology({{"redemptions", 2}});
  VirtualClock clock;
  Node owner{"owner:1", topology, clock}, standby{"standby:1", topology, clock};
  uint64_t questions = 0;
};

TEST_F(LiveCompareTest, AgreesWhereBothRecordedTheSameAndAsksAboutWhatCameSince) {
  record({10});
  owner.record(20, 20), standby.record(15, 15);
  record({30});
  round();
  EXPECT_EQ(standby.agreed(), 2);
  EXPECT_EQ(questions, 1u);
  round();
  EXPECT_EQ(questions, 1u) << "there is nothing new";
  record({40});
  round();
  EXPECT_EQ(standby.agreed(), 3);
  EXPECT_EQ(standby.found.size() + owner.found.size(), 0u);
  EXPECT_FALSE(standby.compare->has_difference());
}

TEST_F(LiveCompareTest, NamesWhatDiffersOnBothSidesOnce) {
  record({10});
  record_differing(20);
  round();
  ASSERT_EQ(standby.found.size(), 1u);
  EXPECT_EQ(standby.found[0],
            "rows of redemptions/0 differ between here and node owner:1, which owns them: at outcome "
            "20 their digest is 00000000000000160000000000000016 here, "
            "00000000000000150000000000000015 there; they parted behind outcome 10, where they were "
            "equal");
  ASSERT_EQ(owner.found.size(), 1u);
  EXPECT_EQ(owner.found[0],
            "asked: rows of redemptions/0 differ between here and node standby:1, which follows them: "
            "at outcome 20 their digest is 00000000000000150000000000000015 here, "
            "00000000000000160000000000000016 there");
  EXPECT_EQ(standby.compare->text(), standby.found[0] + "\n");
  record_differing(30);
  round();
  standby.begin();  // started again it asks from the beginning: the owner has told
  round();
  EXPECT_EQ(standby.found.size(), 2u);
  EXPECT_EQ(owner.found.size(), 1u);
  EXPECT_EQ(owner.metric(Metric::compare_differences, "rows"), 1);
  EXPECT_EQ(owner.metric(Metric::compare_differences, "views"), 0);
}

TEST_F(LiveCompareTest, ComparesViewsOfEachPartitionByThemselves) {
  for (Node* node : {&owner, &standby})
    for (const uint32_t dense : {0, 1})
      for (const DigestOf of : {DigestOf::rows, DigestOf::views})
        node->record(10, node == &standby && dense == 1 && of == DigestOf::views ? 99 : 10, 0,
                     dense, of);
  round();
  ASSERT_EQ(standby.found.size(), 1u);
  EXPECT_TRUE(standby.found[0].starts_with("views of redemptions/1 differ")) << standby.found[0];
  EXPECT_EQ(standby.agreed(), 2);
  EXPECT_EQ(standby.metric(Metric::compared_digests, "views"), 1);
}

TEST_F(LiveCompareTest, ComparesAnotherGenerationOfViewsAnew) {
  owner.record(10, 10, 0, 0, DigestOf::views);
  standby.record(10, 99, 0, 0, DigestOf::views);
  round();
  ASSERT_EQ(standby.found.size(), 1u);
  standby.generation = 2;  // rebuilt there
  standby.journal(0, DigestOf::views) = std::make_shared<DigestJournal>();
  standby.record(10, 10, 0, 0, DigestOf::views);
  round();
  EXPECT_EQ(standby.found.size(), 1u);
  EXPECT_EQ(standby.metric(Metric::compared_digests, "views"), 1);
}

TEST_F(LiveCompareTest, PassesOverOtherCodeHistoriesAndOutcomesOfOneSideAlone) {
  owner.record(10, 11, 1), standby.record(10, 10, 2);  // another history
  owner.record(20, 20), standby.record(25, 99);        // nothing in common
  round();
  owner.schema = 8;  // the owner's binary is newer
  owner.record(30, 99), standby.record(30, 30);
  round();
  owner.schema = 7, owner.version = 2;
  owner.record(40, 99), standby.record(40, 40);
  round();
  EXPECT_EQ(standby.found.size() + owner.found.size(), 0u);
  EXPECT_EQ(standby.agreed(), 0);
}

TEST_F(LiveCompareTest, IsAnsweredByWhomOwnedItBefore) {
  record({10});
  ask();
  owned_by(standby, {&owner});
  deliver(standby, owner);
  EXPECT_EQ(standby.agreed(), 1) << "its digests are as good as ever";
  standby.record(20, 20);
  round();
  EXPECT_EQ(questions, 1u) << "an owner asks nobody";
}

TEST_F(LiveCompareTest, GoesOnWithAnOwnerThatForgotWhatItHadRecorded) {
  record({10, 20});
  round();
  owner.journal(0) = std::make_shared<DigestJournal>();
  owner.begin();
  standby.record(30, 30);
  round();
  EXPECT_EQ(standby.agreed(), 2);
  record({40});
  round();
  EXPECT_EQ(standby.agreed(), 3);
  EXPECT_EQ(standby.found.size(), 0u);
}

/// Outcomes that it wrote after another had claimed never happened: their chain is nobody else's.
TEST_F(LiveCompareTest, BelievesAnOwnerOfThePastNothingThatNeverHappened) {
  record({10});
  owner.record(20, 77, 777);
  standby.record(20, 20);
  round();
  EXPECT_EQ(standby.found.size() + owner.found.size(), 0u);
  EXPECT_EQ(standby.agreed(), 1);
}

TEST_F(LiveCompareTest, HoldsALateAnswerAgainstWhatItHasNow) {
  owner.record(10, 11), standby.record(10, 10);
  ask();
  standby.journal(0) = std::make_shared<DigestJournal>();  // other rows meanwhile
  deliver(standby, owner);
  EXPECT_EQ(standby.found.size(), 0u);
  standby.mail.answers_in.put({"owner:1", {0, DigestOf::rows, 0, {}, DigestPoint{{99}, 1, 7, 1, {}}}});
  standby.mail.answers_in.put({"owner:1", {0, DigestOf::views, 0, {}, DigestPoint{{10}, 100, 9, 1, {}}}});
  standby.compare->step();
  EXPECT_EQ(standby.found.size(), 0u) << "of what it never recorded it knows nothing";
}

TEST_F(LiveCompareTest, AsksAboutTheNewestWhereThereAreTooMany) {
  for (uint64_t at = 1; at <= 300; ++at) record({at});
  round();
  EXPECT_EQ(standby.agreed(), static_cast<double>(DigestQuestion::points_max));
  round();
  EXPECT_EQ(questions, 1u);
}

/// Lost questions and answers, moves, restarts, forgotten points: no false alarm, and the one real
/// difference is found by then.
TEST_F(LiveCompareTest, NeverErrsUnderAnySchedule) {
  double agreed = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    Node a{"a:1", topology, clock}, b{"b:1", topology, clock};
    const uint64_t parts_at = seed % 2 == 0 ? 0 : 500 + random.below(1000);
    for (uint64_t at = 1; at < 2000; at += 1 + random.below(20)) {
      if (random.below(3) > 0) a.record(at, at);
      if (random.below(3) > 0) b.record(at, parts_at != 0 && at >= parts_at ? ~at : at);
      if (random.one_in(20)) owned_by(a, {&b});
      if (random.one_in(20)) owned_by(b, {&a});
      if (random.one_in(50)) (random.one_in(2) ? a : b).begin();
      if (random.one_in(100))
        (random.one_in(2) ? a : b).journal(0) = std::make_shared<DigestJournal>();
      if (!random.one_in(4)) continue;
      clock.advance_ns(16 * second);
      a.compare->step(), b.compare->step();
      if (random.below(4) > 0) deliver(a, b);
      if (random.below(4) > 0) deliver(b, a);
      const bool alike = parts_at == 0 || at < parts_at;
      ASSERT_TRUE(!alike || a.found.size() + b.found.size() == 0) << "seed " << seed;
    }
    agreed += a.agreed() + b.agreed();
    owned_by(a, {&b});
    a.record(3000, 1), b.record(3000, parts_at == 0 ? 1 : 2);
    clock.advance_ns(16 * second);
    a.compare->step(), b.compare->step();
    deliver(b, a);
    EXPECT_EQ(a.found.size() + b.found.size() > 0, parts_at != 0) << "seed " << seed;
  }
  EXPECT_GT(agreed, 1000);
}

}  // namespace
}  // namespace spate
