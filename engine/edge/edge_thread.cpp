// Records made, outcomes found, answers finished.
#include "engine/edge/edge_thread.hpp"

namespace spate::edge {

EdgeThread::EdgeThread(const EdgeContext& c, std::size_t n, HeldBytes& h)
    : context(c),
      limits(c.limits),
      thread(n),
      courier(c.mailboxes[n], c.routes, c.limits),
      held(h) {
  for (const DomainPlan& domain : context.catalog.domains()) {
    places_.push_back(context.log.topology().find(domain.name));
    ENSURE(places_.back() != nullptr);  // every domain has partitions
  }
}

const DomainPlace& EdgeThread::place_of(const DomainPlan& domain) const {
  return *places_[static_cast<std::size_t>(&domain - context.catalog.domains().data())];
}

PartitionId EdgeThread::partition_for(const DomainPlan& domain, std::string_view stream) const {
  return Topology::partition_for(place_of(domain), stream);
}

std::optional<MadeRecord> EdgeThread::make_record(const Wish& wish, FieldFaults& faults) {
  const auto parsed = reader_.read(*wish.domain, *wish.command, wish.json, faults);
  if (!parsed) return std::nullopt;
  return record_of(wish, *parsed);
}

std::optional<MadeRecord> EdgeThread::make_line_record(const Wish& wish, FieldFaults& faults) {
  const auto parsed = reader_.read_body(*wish.domain, *wish.command, faults);
  if (!parsed) return std::nullopt;
  return record_of(wish, *parsed);
}

Problem EdgeThread::command_too_large(std::size_t bytes) const {
  return {.status = 413,
          .code = "payload_too_large",
          .detail = "the command has " + std::to_string(bytes) + " bytes as a record, more than the " +
                    std::to_string(limits.command_bytes_max) + " that this server can pass on"};
}

MadeRecord EdgeThread::record_of(const Wish& wish, const CommandReader::Parsed& parsed) {
  MadeRecord record =
      locate(*wish.domain, wish.stream, command_id("", wish.domain->name, wish.stream, wish.key));
  CommandFields fields;
  fields.id = record.id;
  fields.type = wish.command->type;
  fields.fingerprint = parsed.fingerprint;
  fields.stream = wish.stream;
  fields.payload = parsed.payload;
  fields.sender_key = wish.key;
  fields.received_at = context.clock.wall();
  if (wish.expected_version) fields.expected_version = *wish.expected_version;
  fields.traceparent = wish.traceparent;
  record.body = build_command(builder_, fields);
  return record;
}

MadeRecord EdgeThread::locate(const DomainPlan& domain, std::string_view stream,
                              const CommandId& id) const {
  MadeRecord record;
  record.partition = partition_for(domain, stream);
  record.dense = dense(record.partition);
  record.id = id;
  return record;
}

Result<const envelope::Outcome*> EdgeThread::outcome_of_reply(const ReplyHead& head, Bytes body) {
  if (head.answer == Answer::outcome) return &outcome_of(body);
  const PartitionId partition = context.log.topology().partitions()[head.partition];
  TRY(batch_, context.log.read(LogSide::outcomes, partition, head.sequence.value, 1));
  if (batch_ != nullptr)
    for (const RecordView record : *batch_)
      if (record.head.number == head.sequence.value) return &outcome_of(record.body);
  return stop("outcome_missing", "the log has no outcome " + std::to_string(head.sequence.value));
}

void EdgeThread::finish(const Exchange& exchange, Response&& response) const {
  exchange.trace.write_headers(response);
  if (context.observer != nullptr)
    context.observer->request(thread, exchange.method, route_name(exchange.resource),
                              response.status, now_ns() - exchange.started_ns);
  exchange.reply(std::move(response));
}

void EdgeThread::fail(const Exchange& exchange, const Problem& problem) const {
  finish(exchange, to_response(problem, exchange.trace.trace_id(), limits.retry_after_s));
}

void EdgeThread::count_command(const DomainPlan& domain, std::string_view command,
                               std::string_view outcome, int64_t started_ns) const {
  if (context.observer != nullptr)
    context.observer->command(thread, domain.name, command, outcome, now_ns() - started_ns);
}

}  // namespace spate::edge
