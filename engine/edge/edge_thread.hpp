// EdgeThread: what all parts of one edge thread share: the way to the processors, answers, time.
#pragma once
#include "engine/api/envelope.hpp"
#include "engine/codec/json.hpp"
#include "engine/edge/answer.hpp"
#include "engine/edge/context.hpp"
#include "engine/edge/courier.hpp"
#include "engine/edge/header_rules.hpp"
#include "engine/edge/held_bytes.hpp"
#include "engine/edge/router.hpp"

namespace spate::edge {

/// One request on its way to an answer.
struct Exchange {
  ReplyTo reply;
  Resource resource = Resource::root;
  std::string_view method;  ///< a literal
  int64_t started_ns = 0;
  Trace trace;
};

/// A command as somebody wished it; all views live during the call.
struct Wish {
  const DomainPlan* domain = nullptr;
  const CommandPlan* command = nullptr;
  std::string_view stream;
  std::string_view key;
  std::string_view json;
  std::string_view traceparent;
  std::optional<uint64_t> expected_version;
};

/// The command as a record; `body` lives until the next one is made.
struct MadeRecord {
  PartitionId partition;
  uint32_t dense = 0;
  CommandId id;
  Bytes body;
};

class EdgeThread {
 public:
  EdgeThread(const EdgeContext& context, std::size_t thread, HeldBytes& held);

  const EdgeContext& context;
  const EdgeLimits& limits;
  const std::size_t thread;
  Courier courier;
  HeldBytes& held;
  bool draining = false;

  int64_t now_ns() const { return context.clock.monotonic_ns(); }
  uint64_t incarnation() const { return context.log.identity().incarnation; }

  PartitionId partition_for(const DomainPlan& domain, std::string_view stream) const;
  uint32_t dense(PartitionId partition) const {
    return context.log.topology().dense_index(partition);
  }
  const DomainPlace& place_of(const DomainPlan& domain) const;

  /// Empty when the body has faults, which are added.
  std::optional<MadeRecord> make_record(const Wish& wish, FieldFaults& faults);
  /// A batch line's head, then (`wish.json` is not read) its record.
  bool read_line(std::string_view json, BatchLine& line, FieldFaults& faults) {
    return reader_.read_line(json, line, faults);
  }
  void read_line_body(const DomainPlan& domain, const CommandPlan& command, FieldFaults& faults) {
    reader_.read_body(domain, command, faults);
  }
  std::optional<MadeRecord> make_line_record(const Wish& wish, FieldFaults& faults);
  /// The same identity, without a body.
  MadeRecord locate(const DomainPlan& domain, std::string_view stream, const CommandId& id) const;

  /// Answer to a command whose record of so many bytes exceeds `command_bytes_max`.
  Problem command_too_large(std::size_t bytes) const;

  /// The outcome a reply speaks of, from the reply itself or from the log; null when it cannot be
  /// read. Valid until the next call.
  Result<const envelope::Outcome*> outcome_of_reply(const ReplyHead& head, Bytes body);

  /// Every answer passes here: traces are added, the observer is told.
  void finish(const Exchange& exchange, Response&& response) const;
  void fail(const Exchange& exchange, const Problem& problem) const;
  void count_command(const DomainPlan& domain, std::string_view command, std::string_view outcome,
                     int64_t started_ns) const;

 private:
  MadeRecord record_of(const Wish& wish, const CommandReader::Parsed& parsed);

  CommandReader reader_;
  flatbuffers::FlatBufferBuilder builder_;
  std::vector<const DomainPlace*> places_;  ///< in the catalog's order
  BatchPtr batch_;                          ///< keeps the last outcome that was read
};

}  // namespace spate::edge
