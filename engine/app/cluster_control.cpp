// Written into the command topic, decided by the node that owns the stream.
#include "engine/app/cluster_control.hpp"

#include "engine/api/envelope.hpp"
#include "engine/app/control_mark.hpp"
#include "engine/base/hash.hpp"
#include "engine/log/log_piece.hpp"

namespace spate {
namespace {

constexpr int64_t decided_ns_max = int64_t{20'000} * 1'000'000;
constexpr int64_t settled_ns_max = 1'000'000'000;
constexpr int64_t hear_ns = 50'000'000;

/// The command on its way, and from where on its outcome is looked for.
struct Sent {
  PartitionId partition;
  std::string key;
  CommandId id;
  uint64_t next = 1;
};

/// Whether the outcome was there; what was looked at is not looked at again.
Result<bool> find_outcome(Log& log, Sent& sent, std::string& refusal) {
  bool found = false;
  for (;;) {
    TRY(const BatchPtr batch,
        log.read(LogSide::outcomes, sent.partition, sent.next, log_piece_bytes));
    if (batch == nullptr || batch->last() < sent.next) return found;
    for (const RecordView record : *batch) {
      if (record.head.number < sent.next) continue;
      const envelope::Outcome& outcome = outcome_of(record.body);
      if (outcome.kind() == envelope::Kind::controlled && id_of(outcome.id()) == sent.id)
        found = true;
      // Refused at the door it is a raw record, whose value is the command that was sent.
      const std::string_view body = as_text(bytes_of(outcome.command()));
      if (outcome.kind() != envelope::Kind::refused || body.find(sent.key) == body.npos) continue;
      refusal = text_of(outcome.reason());
      found = true;
    }
    sent.next = batch->last() + 1;
  }
}

Result<Sent> send(Log& log, const DomainPlace& place, const std::string& stream,
                  envelope::Control what, const std::string& secret, Instant now) {
  Sent sent;
  sent.partition = Topology::partition_for(place, stream);
  sent.key = control_key(secret, place.name, stream, what, now.ns);
  sent.id = command_id("", place.name, stream, sent.key);
  TRY(each_outcome(log, sent.partition, [&](const RecordView& record) {
    sent.next = record.head.number + 1;
    return true;
  }));
  CommandFields fields;
  fields.id = sent.id;
  fields.stream = stream;
  fields.sender_key = sent.key;
  fields.control = what;
  fields.received_at = now;
  flatbuffers::FlatBufferBuilder builder;
  const auto batch = std::make_shared<RecordBatch>(sent.partition, LogSide::commands);
  batch->add(1, now, build_command(builder, fields));
  batch->tickets.push_back(0);
  ENSURE(log.append_commands(sent.partition, batch) == Taken::yes);  // nothing else is under way
  return sent;
}

/// What the command settled lies right behind its own outcome, and may come a moment later: until
/// none is left, or no more has come for a while.
Result<std::size_t> count_left(LogSource& cluster, const Catalog& catalog,
                               const std::string& domain, const std::string& stream,
                               const Clock& clock) {
  std::size_t left = 0;
  for (int64_t until = clock.monotonic_ns() + settled_ns_max;;) {
    TRY(const std::vector<ParkedCommand> parked, find_parked(cluster.log(), catalog));
    const auto counted = count_parked(parked, domain, stream);
    const std::size_t now = counted ? *counted : 0;
    if (now < left) until = clock.monotonic_ns() + settled_ns_max;
    left = now;
    if (left == 0 || clock.monotonic_ns() >= until) return left;
    TRY(cluster.hear(hear_ns));
  }
}

}  // namespace

Result<ClusterControl> control_on_cluster(LogSource& cluster, const Catalog& catalog,
                                          const std::string& domain, const std::string& stream,
                                          envelope::Control what, const std::string& secret,
                                          const Clock& clock) {
  Log& log = cluster.log();
  const DomainPlace* place = log.topology().find(domain);
  if (place == nullptr) return stop("unknown_domain", "the log has no domain '" + domain + "'");
  if (secret.empty())
    return stop("config_invalid",
                "the nodes take this only from who knows their kafka.control_secret: give it by "
                "--config or SPATE_KAFKA_CONTROL_SECRET_FILE");
  TRY(const std::vector<ParkedCommand> before, find_parked(log, catalog));
  TRY(count_parked(before, domain, stream));
  TRY(Sent sent, send(log, *place, stream, what, secret, clock.wall()));
  ClusterControl result;
  const int64_t until = clock.monotonic_ns() + decided_ns_max;
  while (!result.decided && clock.monotonic_ns() < until) {
    TRY(cluster.hear(hear_ns));
    TRY(result.decided, find_outcome(log, sent, result.refusal));
  }
  TRY(result.left, count_left(cluster, catalog, domain, stream, clock));
  return result;
}

}  // namespace spate
