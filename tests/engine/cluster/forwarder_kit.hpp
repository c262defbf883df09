// ForwarderKit: a forwarder between edges, processors and nodes that are all played by the test.
#pragma once
#include <map>
#include <set>
#include <string>

#include "engine/api/envelope.hpp"
#include "engine/cluster/forwarder.hpp"
#include "engine/cluster/owner_table.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {

/// What happened for good: an id is decided once, whoever decides it.
class Ledger {
 public:
  struct Entry {
    Sequence sequence;
    ByteBuffer outcome;
  };
  bool has(CommandId id) const { return entries_.count(id) > 0; }
  /// Decides it, or finds what was decided; `fresh` says which.
  const Entry& decide(CommandId id, bool& fresh);
  const Entry* at(Sequence sequence) const;

 private:
  std::map<CommandId, Entry> entries_;
};

/// The outcomes of the ledger as a log; nothing else of a log is asked here.
class LedgerLog final : public Log {
 public:
  LedgerLog(const Ledger& ledger, Topology topology)
      : ledger_(ledger), topology_(std::move(topology)) {}
  const LogIdentity& identity() const override { return identity_; }
  const Topology& topology() const override { return topology_; }
  Result<Ownership> acquire(PartitionId) override { return stop("unused", ""); }
  Taken append_commands(PartitionId, BatchPtr) override { return Taken::full; }
  Taken append_outcomes(PartitionId, Epoch, Sequence, BatchPtr) override { return Taken::full; }
  Progress poll(PartitionId) override { return {}; }
  Sequence outcomes_end(PartitionId) const override { return {}; }
  void on_durable(PartitionId, Bell*) override {}
  /// Taken while there is room; what becomes of it is the test's to say.
  uint64_t publish(PartitionId, Bytes command) override {
    if (in_log.size() >= room) return 0;
    in_log.emplace_back(as_text(command));
    return in_log.size();
  }
  std::vector<Published> published() override { return std::exchange(told, {}); }
  Result<BatchPtr> read(LogSide side, PartitionId id, uint64_t from, std::size_t) override {
    const Ledger::Entry* entry = ledger_.at({from});
    if (entry == nullptr) return BatchPtr();
    auto batch = std::make_shared<RecordBatch>(id, side);
    batch->add(from, {1}, entry->outcome);
    return BatchPtr(batch);
  }

  std::vector<std::string> in_log;
  std::vector<Published> told;
  std::size_t room = 0;

 private:
  const Ledger& ledger_;
  const Topology topology_;
  const LogIdentity identity_{{1, 1}, 1};
};

/// Links without a network: what is sent lies here until the test does something with it.
class HeldLinks final : public Links {
 public:
  struct Request {
    PeerId to;
    RequestHead head;
    ByteBuffer body;
  };
  struct Reply {
    ReplyHead head;
    ByteBuffer body;
  };
  PeerId peer(std::string_view address) override {
    const auto known = ids.find(address);
    if (known != ids.end()) return known->second;
    const auto id = static_cast<PeerId>(ids.size());
    ids.emplace(address, id);
    return id;
  }
  Sent send(PeerId to, const RequestHead& head, Bytes body) override {
    if (down.count(to) > 0 || sent.size() >= room) return Sent::not_now;
    sent.push_back({to, head, {}});
    sent.back().body.append(body);
    return Sent::yes;
  }
  void reply(LinkId to, const ReplyHead& head, Bytes body) override {
    replies[to].push_back({head, {}});
    replies[to].back().body.append(body);
  }
  bool is_up(PeerId to) const override { return down.count(to) == 0; }
  void flush() override {}

  std::map<std::string, PeerId, std::less<>> ids;
  std::set<PeerId> down;
  std::deque<Request> sent;
  std::map<LinkId, std::vector<Reply>> replies;
  std::size_t room = 1000;
};

class ForwarderKit {
 public:
  static constexpr uint16_t partitions = 4;
  static constexpr uint32_t edge_count = 2;
  static constexpr uint32_t forwarder_mailbox = 1;

  explicit ForwarderKit(ForwarderLimits limits = {}, std::size_t ring_bytes = 1 << 16);

  /// `who`: "" nobody, "here", or a node's address.
  void own(uint32_t dense, const std::string& who);
  static CommandId id(uint64_t n) { return {n, n}; }

  /// An edge asks; the ticket is returned. `handed_on`: by the processor that it asked first.
  uint64_t ask(uint32_t dense, uint64_t n, Ask what = Ask::submit, uint32_t edge = 0,
               bool handed_on = false);
  void step() {
    while (forwarder->step() == Step::worked) {
    }
  }
  void pass_ms(int64_t ms) {
    clock.advance_ns(ms * 1'000'000);
    step();
  }
  struct Got {
    ReplyHead head;
    ByteBuffer body;
  };
  std::optional<Got> reply(uint32_t edge = 0);
  /// The answers of an edge since the last call: `ticket answer [of id] [replayed], …`.
  std::string answers(uint32_t edge = 0);
  /// A node takes the oldest request that was sent to it and answers it, from the ledger or so.
  void node_decides(std::string_view address);
  void node_answers(std::string_view address, Answer answer);
  /// The same for the processor here; what was decided before is named, not sent along.
  void processor_decides();
  void processor_answers(Answer answer);

  /// Whoever has the oldest request says that it does not own the partition. False: there is none.
  bool node_refuses(std::string_view address);
  bool taken_here_refused();

  std::optional<HeldLinks::Request> taken_from(std::string_view address);
  std::optional<RequestHead> taken_here();
  void put_reply(const ReplyHead& head, Bytes body);

  Ledger ledger;
  LedgerLog log;
  VirtualClock clock;
  HeldLinks links;
  Mailbox processor;
  Handoff handoff{1 << 16};
  std::vector<std::unique_ptr<Mailbox>> edges;
  MailboxRoutes routes;
  OwnerTable owners;
  std::unique_ptr<Forwarder> forwarder;

 private:
  uint64_t ticket_ = 0;
};

}  // namespace spate
