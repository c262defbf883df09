// Replay verify over a real directory: what differs from the log is named.
#include "engine/app/replay_verify.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/api/envelope.hpp"
#include "engine/app/engine.hpp"
#include "engine/projector/rocks_views.hpp"
#include "engine/state/rocks_state.hpp"
#include "engine/state/row_key.hpp"
#include "schemas/redemptions_generated.h"
#include "tests/support/temporary_folder.hpp"

namespace spate {
namespace {

constexpr std::string_view stream = "sale";
constexpr uint8_t open_type = 1, redeem_type = 2, claim_row = 2, claim_view = 2;

class VerifiedDirectory : public testing::Test {
 protected:
  VerifiedDirectory() : catalog_(std::move(*Catalog::load(domains()))) {
    config_.data = scratch_path(testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(config_.data);
    sell();
  }
  ~VerifiedDirectory() override { std::filesystem::remove_all(config_.data); }

  /// A campaign and three claims, through the engine as it is, stopped in order.
  void sell() {
    auto opened = Engine::open(config_, *catalog_, clock_, {});
    ASSERT_TRUE(opened) << opened.error().detail;
    Engine& engine = **opened;
    const Topology& topology = engine.log().topology();
    partition_ = Topology::partition_for(*topology.find("redemptions"), stream);
    Mailbox& mailbox = *engine.mailboxes()[0][topology.dense_index(partition_) %
                                              config_.threads.processor];
    mailbox.edge_bell = &bell_;
    engine.start();
    while (!engine.ready()) bell_.wait(1'000'000);
    payload_.Finish(redemptions::CreateOpen(payload_, 10));
    send(mailbox, topology, open_type, "open");
    for (const char* claimant : {"ann", "bob", "cid"}) {
      payload_.Clear();
      payload_.Finish(redemptions::CreateRedeem(payload_, payload_.CreateString(claimant), 1));
      send(mailbox, topology, redeem_type, claimant);
    }
    engine.drain();
    while (!engine.drained()) bell_.wait(1'000'000);
    ASSERT_TRUE(engine.close());
  }
  void send(Mailbox& mailbox, const Topology& topology, uint16_t type, std::string_view key) {
    CommandFields fields;
    fields.id = command_id("", "redemptions", stream, key);
    fields.type = type;
    fields.payload = {payload_.GetBufferPointer(), payload_.GetSize()};
    fields.stream = stream;
    fields.sender_key = key;
    const Bytes body = build_command(record_, fields);
    RequestHead head;
    head.ticket = ++tickets_;
    head.id = fields.id;
    head.partition = topology.dense_index(partition_);
    uint8_t* at = mailbox.requests.begin(sizeof head + body.size());
    ASSERT_NE(at, nullptr);
    std::memcpy(at, &head, sizeof head);
    std::memcpy(at + sizeof head, body.data(), body.size());
    mailbox.requests.commit();
    mailbox.processor_bell->ring();
    while (!mailbox.replies.front()) bell_.wait(1'000'000);
    mailbox.replies.pop();
  }

  ReplayReport verified() {
    const auto report = verify_replay(config_.data, *catalog_, 2);
    EXPECT_TRUE(report) << report.error().detail;
    return report ? *report : ReplayReport{};
  }
  /// Turns one bit of what is stored of bob, or takes it away, where a checksum sees nothing.
  void hurt_row(bool erased) {
    auto stores = std::move(*RocksStateStores::open(config_.data + "/rows"));
    const auto store = stores->partition(partition_);
    std::string key;
    row_key(claim_row, stream, "bob", key);
    const std::string_view wanted = key;
    std::vector<std::optional<std::string>> values;
    ASSERT_TRUE(store->get({&wanted, 1}, values));
    ASSERT_TRUE(values[0]);
    values[0]->front() ^= 1;
    const RowWrite write{key, erased ? Bytes{} : as_bytes(*values[0])};
    ASSERT_TRUE(store->write({&write, 1}, **store->checkpoint()));
    ASSERT_TRUE(stores->close());
  }
  void hurt_view() {
    const auto store = std::move(*RocksViews::open(config_.data + "/views", {}));
    std::string key, value;
    view_key(partition_, ViewScope::item, {claim_view, "bob"}, stream, key);
    ASSERT_TRUE(*store->get(key, value));
    value.back() ^= 1;
    const ViewWrite write{key, as_bytes(value)};
    ASSERT_TRUE(store->write(partition_, {&write, 1}, **store->checkpoint(partition_)));
    ASSERT_TRUE(store->flush());
  }
  std::string place() const { return "redemptions/" + std::to_string(partition_.index); }

  SystemClock clock_;
  std::unique_ptr<Catalog> catalog_;
  Config config_;
  PartitionId partition_;
  ThreadBell bell_;
  flatbuffers::FlatBufferBuilder payload_, record_;
  uint64_t tickets_ = 0;
};

TEST_F(VerifiedDirectory, HoldsWhenNothingWasTouched) {
  const ReplayReport report = verified();
  EXPECT_TRUE(report.holds()) << report.text();
  EXPECT_EQ(report.outcomes, 4u);
  EXPECT_NE(report.text().find(" with 4 outcomes folded"), std::string::npos) << report.text();
}

TEST_F(VerifiedDirectory, NamesTheRowThatSaysOtherThanTheLog) {
  hurt_row(false);
  const ReplayReport report = verified();
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_EQ(report.findings[0], "rows of " + place() +
                                    " at outcome 4 are not what the log says: the first is row 2 of "
                                    "'sale/bob', which has another content");
}

TEST_F(VerifiedDirectory, NamesTheRowThatIsMissing) {
  hurt_row(true);
  const ReplayReport report = verified();
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_NE(report.findings[0].find("row 2 of 'sale/bob', which is missing"), std::string::npos);
}

TEST_F(VerifiedDirectory, NamesTheViewThatSaysOtherThanTheLog) {
  hurt_view();
  const ReplayReport report = verified();
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_EQ(report.findings[0], "views of " + place() +
                                    " at outcome 4 are not what the log says: the first is claim "
                                    "'sale/bob', which has another content");
  EXPECT_FALSE(report.holds());
}

}  // namespace
}  // namespace spate
