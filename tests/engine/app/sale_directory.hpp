// SaleDirectory: a data directory with one sale in it, made by the engine, and ways to hurt it.
#pragma once
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

class SaleDirectory : public testing::Test {
 protected:
  static constexpr std::string_view stream = "sale";
  static constexpr uint8_t open_type = 1, redeem_type = 2, claim_row = 2, claim_view = 2;

  explicit SaleDirectory(std::vector<Domain> domains)
      : domains_(std::move(domains)), catalog_(std::move(*Catalog::load(domains_))) {
    config_.data = scratch_path(testing::UnitTest::GetInstance()->current_test_info()->name());
    config_.scan.interval_ms = 0;
    std::filesystem::remove_all(config_.data);
  }
  ~SaleDirectory() override { std::filesystem::remove_all(config_.data); }

  /// A campaign and claims, in one life that ends in order.
  void sell(std::initializer_list<const char*> claimants) {
    open();
    claim(claimants);
    close();
  }
  void open(Engine::OnFault on_fault = {}, Engine::OnNote on_note = {}) {
    auto opened = Engine::open(config_, *catalog_, clock_, std::move(on_fault), std::move(on_note));
    ASSERT_TRUE(opened) << opened.error().detail;
    engine_ = std::move(*opened);
    const Topology& topology = engine_->log().topology();
    partition_ = Topology::partition_for(*topology.find("redemptions"), stream);
    const uint32_t dense = topology.dense_index(partition_);
    mailbox_ = engine_->mailboxes()[0][dense % config_.threads.processor];
    mailbox_->edge_bell = &bell_;
    engine_->start();
    while (!engine_->ready()) bell_.wait(1'000'000);
  }
  void claim(std::initializer_list<const char*> claimants) {
    payload_.Clear();
    payload_.Finish(redemptions::CreateOpen(payload_, 1'000'000));
    send(open_type, "open");
    for (const char* claimant : claimants) claim(claimant);
  }
  void claim(const std::string& claimant) {
    payload_.Clear();
    payload_.Finish(redemptions::CreateRedeem(payload_, payload_.CreateString(claimant), 1));
    send(redeem_type, claimant);
  }
  void close() {
    engine_->drain();
    while (!engine_->drained()) bell_.wait(1'000'000);
    ASSERT_TRUE(engine_->close());
    engine_.reset();
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
  const std::vector<Domain> domains_;
  std::unique_ptr<Catalog> catalog_;
  Config config_;
  PartitionId partition_;
  std::unique_ptr<Engine> engine_;
  ThreadBell bell_;

 private:
  void send(uint16_t type, std::string_view key) {
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
    head.partition = engine_->log().topology().dense_index(partition_);
    uint8_t* at = mailbox_->requests.begin(sizeof head + body.size());
    ASSERT_NE(at, nullptr);
    std::memcpy(at, &head, sizeof head);
    std::memcpy(at + sizeof head, body.data(), body.size());
    mailbox_->requests.commit();
    mailbox_->processor_bell->ring();
    while (!mailbox_->replies.front()) bell_.wait(1'000'000);
    mailbox_->replies.pop();
  }

  Mailbox* mailbox_ = nullptr;
  flatbuffers::FlatBufferBuilder payload_, record_;
  uint64_t tickets_ = 0;
};

}  // namespace spate
