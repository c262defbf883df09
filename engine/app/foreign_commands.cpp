// First where the record lies and what its headers say, then its body; all faults of each at once.
#include "engine/app/foreign_commands.hpp"

#include <algorithm>

#include "engine/base/text.hpp"
#include "engine/base/traceparent.hpp"
#include "engine/codec/fingerprint.hpp"
#include "engine/codec/rfc3339.hpp"

namespace spate {
namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view flat_type = "application/x-flatbuffers";
constexpr std::string_view structured_type = "application/cloudevents+json";
constexpr std::string_view wrong_partition = "wrong partition";
constexpr std::string_view topic_prefix = "spate.";
constexpr std::size_t source_bytes_max = 1000;
constexpr std::size_t reason_bytes_max = 1000;
/// What an outcome takes beside the raw command in it and the reason.
constexpr std::size_t outcome_frame_bytes = 1024 + reason_bytes_max;
constexpr int64_t ns_per_ms = 1'000'000;

constexpr std::string_view key_rule =
    "must be 1 to 255 visible ASCII characters without quote, comma, semicolon or backslash";
constexpr std::string_view stream_rule =
    "must be 1..128 bytes without white space, control characters or '/'";

std::size_t raw_bytes_max(const ForeignLimits& limits) {
  const std::size_t most = std::min(limits.command_bytes_max, limits.outcome_bytes_max);
  return most - std::min(most / 2, outcome_frame_bytes);
}


}  // namespace

ForeignCommands::ForeignCommands(const Catalog& catalog, const Topology& topology,
                                 const ForeignLimits& limits)
    : limits_(limits), flat_(limits.command_bytes_max) {
  for (const DomainPlace& place : topology.domains())
    if (const DomainPlan* plan = catalog.find(place.name)) homes_.push_back({place, plan});
}

void ForeignCommands::accept(PartitionId partition, const KafkaRecord& record,
                             ByteBuffer& command) {
  if (read(partition, record, command)) return;
  command.clear();
  raw_command(partition, record, reason_, raw_bytes_max(limits_), command);
}

bool ForeignCommands::read(PartitionId partition, const KafkaRecord& record, ByteBuffer& command) {
  reason_.clear();
  Draft draft = draft_of(partition, as_text(record.key));
  if (draft.domain == nullptr) refuse("topic", "belongs to no domain of this version");
  if (record.value.size() > limits_.command_bytes_max)
    refuse("value", "may have " + std::to_string(limits_.command_bytes_max) +
                        " bytes, this one has " + std::to_string(record.value.size()));
  if (!reason_.empty()) return false;
  const std::string_view content_type = as_text(header_of(record, "content-type"));
  if (content_type == command_content_type) {
    read_envelope(draft, record, command);
    return reason_.empty();
  }
  read_event(draft, record);
  if (!reason_.empty() || !draft.body) return false;
  build(draft, record, command);
  return reason_.empty();
}

void ForeignCommands::read_event(Draft& draft, const KafkaRecord& record) {
  check_stream(draft, record.key);
  const ForeignHeaders headers = foreign_headers(record.headers);
  if (!headers.repeated.empty() && headers.repeated != "traceparent")
    refuse(headers.repeated, "is given twice");
  if (is_media_type(headers.content_type, structured_type))
    read_structured(draft, record);
  else
    read_binary(draft, record, headers);
  const bool once = headers.repeated != "traceparent";
  if (once && is_traceparent(headers.traceparent)) draft.event.traceparent = headers.traceparent;
  if (!is_traceparent(draft.event.traceparent)) draft.event.traceparent = {};
}

void ForeignCommands::read_structured(Draft& draft, const KafkaRecord& record) {
  draft.structured = true;
  faults_.clear();
  if (record.value.empty()) return refuse("event", "is missing: there is no value");
  if (!events_.read(as_text(record.value), draft.event, faults_)) return refuse("event", faults_);
  check_attributes(draft);
  if (draft.command == nullptr) return;
  const std::string_view type = draft.event.datacontenttype;
  const bool is_json = type.data() == nullptr || is_media_type(type, json_type);
  switch (events_.data_form()) {
    case CloudEventReader::Form::none:
      return read_data(draft, json_type, {});
    case CloudEventReader::Form::bytes:
      return read_data(draft, is_json ? json_type : type, events_.data_bytes());
    case CloudEventReader::Form::json:
      break;
  }
  if (!is_json)
    return refuse("/datacontenttype", "must be application/json where data are JSON");
  faults_.clear();
  draft.body = events_.read_data(*draft.domain, *draft.command, faults_);
  if (!draft.body) refuse("event", faults_);
}

void ForeignCommands::read_binary(Draft& draft, const KafkaRecord& record,
                                  const ForeignHeaders& headers) {
  draft.event = headers.event;
  const std::string_view type = headers.content_type;
  const bool is_known = is_media_type(type, json_type) || is_media_type(type, flat_type);
  // An event without data needs no type of them, as a request without body does not.
  const bool needs_none = type.data() == nullptr && record.value.empty() && headers.has_event();
  if (!is_known && !needs_none)
    return refuse("content-type", type.data() == nullptr
                                      ? "is missing: it must be application/json, application/"
                                        "cloudevents+json or application/x-flatbuffers"
                                      : "must be application/json, application/cloudevents+json or "
                                        "application/x-flatbuffers");
  check_attributes(draft);
  if (draft.command != nullptr) read_data(draft, needs_none ? json_type : type, record.value);
}

void ForeignCommands::read_data(Draft& draft, std::string_view content_type, Bytes data) {
  faults_.clear();
  if (is_media_type(content_type, json_type))
    draft.body = json_.read(*draft.domain, *draft.command, as_text(data), faults_);
  else if (is_media_type(content_type, flat_type))
    draft.body = flat_.read(*draft.domain, *draft.command, data, faults_);
  else
    return refuse("/datacontenttype", "must be application/json or application/x-flatbuffers");
  if (!draft.body) refuse("body", faults_);
}

void ForeignCommands::build(const Draft& draft, const KafkaRecord& record, ByteBuffer& command) {
  CommandFields fields;
  fields.id =
      command_id(draft.event.source, draft.domain->name, draft.stream, draft.event.id);
  fields.type = draft.command->type;
  fields.fingerprint = draft.body->fingerprint;
  fields.stream = draft.stream;
  fields.payload = draft.body->payload;
  fields.sender = draft.event.source;
  fields.sender_key = draft.event.id;
  fields.received_at = {record.timestamp_ms * ns_per_ms};
  fields.traceparent = draft.event.traceparent.substr(
      0, std::min(draft.event.traceparent.size(), traceparent_bytes));
  const Bytes body = build_command(builder_, fields);
  if (body.size() > limits_.command_bytes_max)
    return refuse("command", "may have " + std::to_string(limits_.command_bytes_max) +
                                 " bytes, this one has " + std::to_string(body.size()));
  command.append(body);
}

ForeignCommands::Draft ForeignCommands::draft_of(PartitionId partition,
                                                 std::string_view stream) const {
  Draft draft;
  draft.partition = partition;
  draft.stream = stream;
  for (const Home& home : homes_)
    if (home.place.number == partition.domain) draft.place = &home.place, draft.domain = home.plan;
  return draft;
}

/// Whether the record's key is a stream, and this partition its home.
void ForeignCommands::check_stream(const Draft& draft, Bytes key) {
  if (key.empty()) return refuse("key", "is missing: it must be the stream");
  if (!is_ident(draft.stream)) return refuse("key", stream_rule);
  if (draft.domain->reserves(draft.stream))
    return refuse("key", "'" + std::string(draft.stream) + "' is no name for a stream");
  const PartitionId home = Topology::partition_for(*draft.place, draft.stream);
  if (home != draft.partition)
    refuse(wrong_partition, "this key belongs to partition " + std::to_string(home.index) +
                                  " of " + std::to_string(draft.place->partitions) + ", by murmur2");
}

/// Finds the command, too.
void ForeignCommands::check_attributes(Draft& draft) {
  const CloudEvent& event = draft.event;
  const auto needs = [&](std::string_view text, std::string_view attribute, bool right,
                         std::string_view rule) {
    if (text.data() == nullptr) return refuse(named(draft, attribute), "is missing");
    if (!right) refuse(named(draft, attribute), rule);
  };
  needs(event.specversion, "specversion", event.specversion == "1.0", "must be 1.0");
  needs(event.id, "id", is_command_key(event.id), key_rule);
  const bool named_source = !event.source.empty() && event.source.size() <= source_bytes_max;
  needs(event.source, "source", named_source && is_utf8(event.source),
        "must be 1..1000 bytes of UTF-8");
  Instant at;
  if (event.time.data() != nullptr && !from_rfc3339(event.time, at))
    refuse(named(draft, "time"), "must be a time as in RFC 3339");
  if (event.type.data() == nullptr) return refuse(named(draft, "type"), "is missing");
  draft.command = command_of_type(draft);
}

/// `redemptions.redeem` or `spate.redemptions.redeem`.
const CommandPlan* ForeignCommands::command_of_type(const Draft& draft) {
  std::string_view type = draft.event.type;
  if (type.starts_with(topic_prefix)) type.remove_prefix(topic_prefix.size());
  const std::string_view domain = type.substr(0, type.find('.'));
  const std::string_view name =
      domain.size() == type.size() ? std::string_view{} : type.substr(domain.size() + 1);
  if (domain != draft.domain->name) {
    refuse(named(draft, "type"), "must begin with '" + draft.domain->name + ".' on this topic");
    return nullptr;
  }
  const CommandPlan* command = draft.domain->command(name);
  if (command != nullptr) return command;
  NearestName nearest(name);
  for (const CommandPlan& known : draft.domain->commands) nearest.offer(known.name());
  refuse(named(draft, "type"), "is no command of " + draft.domain->name + nearest.hint());
  return nullptr;
}

std::string ForeignCommands::named(const Draft& draft, std::string_view attribute) {
  return (draft.structured ? "/" : "ce_") + std::string(attribute);
}

void ForeignCommands::refuse(std::string_view what, const FieldFaults& faults) {
  for (const FieldFault& fault : faults)
    refuse(fault.pointer.empty() ? what : std::string_view(fault.pointer), fault.detail);
}

void ForeignCommands::refuse(std::string_view what, std::string_view detail) {
  if (reason_.size() >= reason_bytes_max) return;
  if (!reason_.empty()) reason_ += "; ";
  reason_ += what;
  reason_ += what == wrong_partition ? ": " : " ";
  reason_ += detail;
  if (reason_.size() <= reason_bytes_max) return;
  reason_.resize(reason_bytes_max);
  while (!is_utf8(reason_)) reason_.pop_back();
}

}  // namespace spate
