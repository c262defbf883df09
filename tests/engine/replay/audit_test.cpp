// Histories with one thing wrong each, and the law that catches it.
#include "engine/replay/audit.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "engine/log/chain.hpp"
#include "engine/processor/outcome_writer.hpp"
#include "engine/projector/memory_views.hpp"
#include "schemas/redemptions_generated.h"
#include "tests/support/view_kit.hpp"

namespace spate {
namespace {

using namespace redemptions;

/// A log of outcomes that a test writes itself, honest or not.
class HistoryLog final : public Log {
 public:
  using Fields = std::function<void(OutcomeFields&)>;
  using Head = std::function<void(RecordHead&, Bytes)>;

  explicit HistoryLog(uint16_t partitions = 1)
      : topology_({{"redemptions", 3, partitions}}), tails_(partitions) {}

  /// One accepted command and its event; `spoil` changes what is written, `forge` its head.
  template <class Object>
  HistoryLog& add(const Object& event, Fields spoil = {}, Head forge = {}) {
    EmitCore emitted;
    emitted.builder().Finish(Object::TableType::Pack(emitted.builder(), &event));
    emitted.close(static_cast<uint8_t>(EventUnionTraits<Object>::enum_value));
    return write(&emitted, envelope::Kind::accepted, spoil, forge);
  }
  HistoryLog& add_rejection(Rejection no, Fields spoil = {}) {
    return write(nullptr, envelope::Kind::rejected,
                 [&](OutcomeFields& fields) {
                   fields.rejection = static_cast<uint16_t>(no);
                   if (spoil) spoil(fields);
                 },
                 {});
  }
  HistoryLog& into(uint16_t partition) { return partition_ = partition, *this; }

  const LogIdentity& identity() const override { return identity_; }
  const Topology& topology() const override { return topology_; }
  Result<BatchPtr> read(LogSide, PartitionId partition, uint64_t from, std::size_t) override {
    for (const BatchPtr& batch : tails_[partition.index].batches)
      if (batch->last() >= from) return batch;
    return BatchPtr{};
  }
  Result<Ownership> acquire(PartitionId) override { return stop("read_only", "a history"); }
  Taken append_commands(PartitionId, BatchPtr) override { return Taken::full; }
  Taken append_outcomes(PartitionId, Epoch, Sequence, BatchPtr) override { return Taken::full; }
  Progress poll(PartitionId) override { return {}; }
  Sequence outcomes_end(PartitionId id) const override {
    const auto& batches = tails_[id.index].batches;
    return {batches.empty() ? 0 : batches.back()->last()};
  }
  void on_durable(PartitionId, Bell*) override {}

 private:
  struct Tail {
    OutcomeFields next;
    std::vector<BatchPtr> batches;
  };

  HistoryLog& write(const EmitCore* events, envelope::Kind kind, const Fields& spoil,
                    const Head& forge) {
    Tail& tail = tails_[partition_];
    OutcomeFields& fields = tail.next;
    fields.kind = kind;
    fields.stream = "lamps";
    fields.sequence = fields.sequence.next();
    fields.cause = fields.cause.next();
    fields.id = {partition_, fields.cause.value};
    fields.time.ns += 1000;
    fields.epoch = {1};
    OutcomeFields written = fields;
    if (spoil) spoil(written);
    const Bytes body = writer_.write(written, events);
    RecordBatch one({3, partition_}, LogSide::outcomes);
    one.add(written.sequence.value, written.time, body);
    const RecordView view = *one.begin();
    RecordHead head = view.head;
    if (forge) forge(head, view.body);
    auto batch = std::make_shared<RecordBatch>(PartitionId{3, partition_}, LogSide::outcomes);
    batch->add_raw(head, view.body);
    tail.batches.push_back(batch);
    fields.sequence = written.sequence;
    fields.chain = next_chain(body);
    return *this;
  }

  Topology topology_;
  LogIdentity identity_{{1, 1}, 1};
  std::vector<Tail> tails_;
  uint16_t partition_ = 0;
  OutcomeWriter writer_;
};

OpenedT opened(uint64_t stock) { return {.stock = stock, .per_claimant_max = 1}; }
RedeemedT redeemed(const char* who, uint64_t remaining, uint64_t serial) {
  return {.claimant = who, .quantity = 1, .remaining = remaining, .serial = serial};
}

std::string report_on(HistoryLog& log, ViewStore* views = nullptr) {
  const Result<AuditReport> report = audit(log, domains(), views);
  return report ? report->text() : report.error().code;
}

/// The one finding of a history with two honest outcomes before what `rest` adds.
std::string finding(const std::function<void(HistoryLog&)>& rest) {
  HistoryLog log;
  log.add(opened(3)).add(redeemed("ada", 2, 1));
  rest(log);
  const Result<AuditReport> report = audit(log, domains());
  if (!report) return report.error().code;
  if (report->findings_total != 1) return report->text();
  const AuditFinding& found = report->findings.front();
  return std::to_string(found.sequence.value) + " " + found.stream + ": " + found.law;
}

TEST(Audit, CountsWhatAnHonestHistoryHolds) {
  HistoryLog log;
  log.add(opened(2))
      .add(redeemed("ada", 1, 1))
      .add_rejection(Rejection::claimant_limit)
      .add(redeemed("bob", 0, 2))
      .add_rejection(Rejection::sold_out)
      .add_rejection(Rejection::sold_out);
  EXPECT_EQ(report_on(log),
            "redemptions: 6 outcomes (3 accepted, 3 rejected, 0 others), 3 events in 1 stream\n"
            "every law holds\n");
  const AuditCount count = audit(log, domains())->domains["redemptions"];
  EXPECT_EQ(count.rejections.at(static_cast<uint16_t>(Rejection::sold_out)), 2u);
}

TEST(Audit, FindsNothingInAnEmptyLog) {
  HistoryLog log(2);
  EXPECT_EQ(report_on(log),
            "redemptions: 0 outcomes (0 accepted, 0 rejected, 0 others), 0 events in 0 streams\n"
            "every law holds\n");
}

TEST(Audit, CatchesAGapInTheSequences) {
  EXPECT_EQ(finding([](HistoryLog& log) {
              log.add(redeemed("bob", 1, 2), [](OutcomeFields& f) { f.sequence.value = 5; });
            }),
            "5 : sequences are dense: expected 3, seen 5");
}

TEST(Audit, CatchesABrokenChain) {
  EXPECT_EQ(finding([](HistoryLog& log) {
              log.add(redeemed("bob", 1, 2), [](OutcomeFields& f) { f.chain ^= 1; });
            }),
            "3 : the chain holds");
}

TEST(Audit, CatchesAFlippedBit) {
  EXPECT_EQ(finding([](HistoryLog& log) {
              log.add_rejection(Rejection::sold_out);
              log.add(ClosedT{}, {}, [](RecordHead& head, Bytes) { head.time ^= 1; });
              log.add_rejection(Rejection::closed);
            }),
            "4 : a record matches its checksum");
}

TEST(Audit, CatchesAHeadThatSaysOtherwise) {
  EXPECT_EQ(finding([](HistoryLog& log) {
              log.add(ClosedT{}, {}, [](RecordHead& head, Bytes body) {
                head.time += 7;
                head.crc = record_crc(head, body);
              });
            }),
            "3 lamps: a record's head says what its outcome says");
}

TEST(Audit, CatchesACommandWithTwoEffects) {
  EXPECT_EQ(finding([](HistoryLog& log) {
              log.add(redeemed("bob", 1, 2), [](OutcomeFields& f) { f.id = {0, 2}; });
            }),
            "3 : no command takes effect twice: 00000000000000000000000000000002 did at sequence 2 "
            "before");
}

TEST(Audit, LetsAnIdBeNamedAgainWithoutAnEffect) {
  EXPECT_NE(finding([](HistoryLog& log) {
              log.add_rejection(Rejection::sold_out, [](OutcomeFields& f) {
                f.id = {0, 2};
                f.kind = envelope::Kind::key_reused;
              });
            }).find("every law holds"),
            std::string::npos);
}

TEST(Audit, CatchesWhatGoesBack) {
  EXPECT_EQ(finding([](HistoryLog& log) {
              log.add(redeemed("bob", 1, 2), [](OutcomeFields& f) { f.cause.value = 1; });
            }),
            "3 : causes never go back");
  EXPECT_EQ(finding([](HistoryLog& log) {
              log.add(redeemed("bob", 1, 2), [](OutcomeFields& f) { f.time.ns = 1; });
            }),
            "3 : time never goes back");
  EXPECT_EQ(finding([](HistoryLog& log) {
              log.add(redeemed("bob", 1, 2), [](OutcomeFields& f) { f.epoch.value = 0; });
            }),
            "3 : epochs never go back");
}

TEST(Audit, CatchesAStreamInAnotherPartition) {
  const uint16_t home = Topology::partition_for({"redemptions", 3, 2}, "lamps").index;
  HistoryLog log(2);
  log.into(home).add(opened(3)).into(1 - home).add(opened(3));
  EXPECT_NE(report_on(log).find("stream 'lamps': a stream lies in the partition of its key"),
            std::string::npos);
}

TEST(Audit, CatchesEventsOfARejectedCommand) {
  EXPECT_EQ(finding([](HistoryLog& log) {
              log.add(redeemed("bob", 1, 2),
                      [](OutcomeFields& f) { f.kind = envelope::Kind::rejected; });
            }),
            "3 lamps: only an accepted command has events");
}

TEST(Audit, CatchesWhatTheDomainForbids) {
  EXPECT_EQ(finding([](HistoryLog& log) { log.add(redeemed("bob", 1, 7)); }),
            "3 lamps: serials are dense: expected, seen 2 7");
  EXPECT_EQ(finding([](HistoryLog& log) { log.add(redeemed("ada", 1, 2)); }),
            "3 lamps: no claim exceeds per_claimant_max: held, limit 2 1");
  EXPECT_EQ(finding([](HistoryLog& log) { log.add(redeemed("bob", 2, 2)); }),
            "3 lamps: redeemed + remaining = stock: seen 2 2 3");
}

TEST(Audit, NamesADomainThatThisBinaryLacks) {
  HistoryLog log;
  EXPECT_EQ(audit(log, {}).error().code, "unknown_domain");
}

TEST(Audit, KeepsTheFirstFindingsAndCountsAll) {
  HistoryLog log;
  log.add(opened(3));
  for (int i = 0; i < 150; ++i) log.add(opened(3));
  const Result<AuditReport> report = audit(log, domains());
  EXPECT_EQ(report->findings_total, 150u);
  EXPECT_EQ(report->findings.size(), AuditReport::findings_max);
  EXPECT_NE(report->text().find("and 50 more\n150 laws broken\n"), std::string::npos);
}

/// A store that holds the campaign's views as written by a test.
void store(MemoryViews& views, const CampaignT& campaign, const std::vector<ClaimT>& claims,
           Sequence at) {
  const PartitionId partition{3, 0};
  std::map<std::string, std::string> values;
  std::string key;
  view_key(partition, ViewScope::stream, {1, {}}, "lamps", key);
  values[key] = Message::pack(1, campaign).payload;
  for (const ClaimT& claim : claims) {
    view_key(partition, ViewScope::item, {2, claim.claimant}, "lamps", key);
    values[key] = Message::pack(2, claim).payload;
  }
  std::vector<ViewWrite> writes;
  for (const auto& [k, v] : values) writes.push_back({k, as_bytes(v)});
  Checkpoint checkpoint;
  checkpoint.sequence = at;
  ASSERT_TRUE(views.write(partition, writes, checkpoint));
}
CampaignT campaign(uint64_t redeemed, uint64_t claimants) {
  return {.campaign = "lamps",
          .stock = 3,
          .redeemed = redeemed,
          .remaining = 3 - redeemed,
          .claimants = claimants,
          .per_claimant_max = 1};
}

TEST(Audit, ComparesViewsWithTheLog) {
  HistoryLog log;
  log.add(opened(3)).add(redeemed("ada", 2, 1));
  MemoryViews honest;
  store(honest, campaign(1, 1), {ClaimT{.claimant = "ada", .quantity = 1}}, {2});
  EXPECT_EQ(report_on(log, &honest),
            "redemptions: 2 outcomes (2 accepted, 0 rejected, 0 others), 2 events in 1 stream, 1 "
            "compared "
            "with their views\nevery law holds\n");
  MemoryViews lost_a_claim;
  store(lost_a_claim, campaign(1, 1), {}, {2});
  EXPECT_NE(
      report_on(log, &lost_a_claim).find("the claims shown add up to redeemed: sum, redeemed 0 1"),
      std::string::npos);
  MemoryViews wrong_count;
  store(wrong_count, campaign(2, 1), {ClaimT{.claimant = "ada", .quantity = 1}}, {2});
  EXPECT_NE(report_on(log, &wrong_count).find("the view shows the stock and what is redeemed"),
            std::string::npos);
}

TEST(Audit, LeavesViewsAloneThatAreBehindAndDoubtsThoseAhead) {
  HistoryLog log;
  log.add(opened(3)).add(redeemed("ada", 2, 1));
  MemoryViews behind;
  store(behind, campaign(0, 0), {}, {1});
  EXPECT_NE(report_on(log, &behind).find("every law holds"), std::string::npos);
  MemoryViews ahead;
  store(ahead, campaign(1, 1), {}, {9});
  EXPECT_NE(report_on(log, &ahead).find("views are never ahead of the log: they stand at 9"),
            std::string::npos);
}

}  // namespace
}  // namespace spate
