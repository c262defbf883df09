// A command keeps id, stamp and fingerprint, whatever is edited: repeats of it stay repeats.
#include "engine/app/fork_commands.hpp"

#include <algorithm>

#include "engine/api/envelope.hpp"
#include "engine/app/domain_plan.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/text.hpp"

namespace spate {
namespace {

constexpr std::size_t batch_bytes = 256 << 10;

tl::unexpected<Fault> usage(const std::string& what) { return stop("usage", what); }

std::string text_of_faults(const FieldFaults& faults) {
  std::string text;
  for (const FieldFault& fault : faults)
    text += (text.empty() ? "" : "; ") + fault.pointer + " " + fault.detail;
  return text;
}

const FieldPlan* field_of(const CommandPlan& command, const std::string& name) {
  for (const FieldPlan& field : command.table->fields)
    if (field.name == name) return &field;
  return nullptr;
}

}  // namespace

Result<ForkEdit> ForkEdit::parse(const std::string& text, const Catalog& catalog) {
  const std::size_t equals = text.find('='), dot = text.find('.');
  if (equals == std::string::npos || equals == 0)
    return usage("--set '" + text + "' is not [COMMAND.]FIELD=VALUE, as stock=500");
  ForkEdit edit;
  const bool is_named = dot < equals;
  if (is_named) edit.command = text.substr(0, dot);
  edit.field = text.substr(is_named ? dot + 1 : 0, equals - (is_named ? dot + 1 : 0));
  const std::string value = text.substr(equals + 1);
  auto parsed = JsonValue::parse(value);
  edit.value = parsed ? std::move(*parsed) : text_value(value);
  NearestName near(edit.field);
  for (const DomainPlan& domain : catalog.domains())
    for (const CommandPlan& command : domain.commands) {
      if (!edit.command.empty() && command.name() != edit.command) continue;
      if (field_of(command, edit.field) != nullptr) return edit;
      for (const FieldPlan& field : command.table->fields) near.offer(field.name);
    }
  return usage("--set " + text + ": no command" +
               (edit.command.empty() ? "" : " '" + edit.command + "'") + " has a field '" +
               edit.field + "'" + near.hint());
}

Result<void> ForkCommands::begin() {
  for (const PartitionId id : log_.topology().partitions()) {
    TRY(const Ownership owned, log_.acquire(id));
    const uint64_t last = std::max(owned.tail.command, owned.tail.cause).value;
    lines_.push_back({id, last, 0, owned.tail.time, nullptr});
  }
  return {};
}

Result<void> ForkCommands::add_line(const std::string& text, Instant now) {
  BatchLine said;
  FieldFaults faults;
  const auto wrong = [&](const std::string& what) {
    return usage("line " + std::to_string(added_ + 1) + " of --commands: " + what);
  };
  if (!reader_.read_line(text, said, faults)) return wrong(text_of_faults(faults));
  const DomainPlan* domain = catalog_.find(said.domain);
  const DomainPlace* place = log_.topology().find(said.domain);
  if (domain == nullptr || place == nullptr)
    return wrong("there is no domain '" + std::string(said.domain) + "' in this log");
  const CommandPlan* command = domain->command(said.command);
  if (command == nullptr)
    return wrong("there is no command '" + std::string(said.command) + "' of " + domain->name);
  const std::string stream(said.stream);
  const std::string key = said.id.empty() ? "fork-" + std::to_string(added_ + 1)
                                          : std::string(said.id);
  const auto parsed = reader_.read_body(*domain, *command, faults);
  if (!parsed) return wrong(text_of_faults(faults));
  CommandFields fields;
  fields.id = command_id("", domain->name, stream, key);
  fields.type = command->type;
  fields.fingerprint = parsed->fingerprint;
  fields.stream = stream;
  fields.payload = parsed->payload;
  fields.sender_key = key;
  fields.received_at = now;
  Line& line = lines_[log_.topology().dense_index(Topology::partition_for(*place, stream))];
  ++added_;
  ++line.shift;
  return append(line, line.last + 1, now, build_command(builder_, fields));
}

Result<void> ForkCommands::add(const RecordView& record, const std::vector<ForkEdit>& edits) {
  const PartitionId id{record.head.domain, record.head.index};
  Line& line = lines_[log_.topology().dense_index(id)];
  const uint64_t number = record.head.number + line.shift;
  ++replayed_;
  const envelope::Command& command = command_of(record.body);
  const DomainPlan* domain = find_plan(catalog_, log_.topology(), id.domain);
  if (edits.empty() || domain == nullptr)
    return append(line, number, {record.head.time}, record.body);
  ByteBuffer payload;
  TRY(const bool changed, edit(*domain, command, edits, payload));
  if (!changed) return append(line, number, {record.head.time}, record.body);
  ++edited_;
  CommandFields fields;
  fields.id = id_of(command.id());
  fields.type = command.type();
  fields.fingerprint = command.fingerprint();
  fields.stream = text_of(command.stream());
  fields.payload = payload;
  fields.sender = text_of(command.sender());
  fields.sender_key = text_of(command.sender_key());
  fields.received_at = {command.received_at()};
  fields.expected_version = command.expected_version();
  fields.traceparent = text_of(command.traceparent());
  return append(line, number, {record.head.time}, build_command(builder_, fields));
}

/// False: none of them is about it.
Result<bool> ForkCommands::edit(const DomainPlan& domain, const envelope::Command& command,
                                const std::vector<ForkEdit>& edits, ByteBuffer& payload) {
  const CommandPlan* plan = domain.command(command.type());
  if (plan == nullptr || command.codec() != envelope::Codec::flatbuffers ||
      command.control() != envelope::Control::none)
    return false;
  const auto meant = [&](const ForkEdit& edit) {
    return (edit.command.empty() || edit.command == plan->name()) &&
           field_of(*plan, edit.field) != nullptr;
  };
  if (std::none_of(edits.begin(), edits.end(), meant)) return false;
  for (const FieldPlan& field : plan->table->fields)
    if (field.secret)
      return usage("--set cannot edit '" + std::string(plan->name()) + "' of " + domain.name +
                   ": it has a secret, which is not shown; name other commands");
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  write_fields(*plan->table, bytes_of(command.payload()), nullptr, out);
  out.end_object();
  TRY(JsonValue body, JsonValue::parse(json));
  std::erase_if(body.members,
                [](const auto& one) { return one.second.kind == JsonValue::Kind::null; });
  for (const ForkEdit& one : edits) {
    if (!meant(one)) continue;
    std::erase_if(body.members, [&](const auto& member) { return member.first == one.field; });
    body.members.emplace_back(one.field, one.value);
  }
  json.clear();
  JsonWriter again(json);
  body.write(again);
  FieldFaults faults;
  const auto parsed = reader_.read(domain, *plan, json, faults);
  if (!parsed)
    return usage("with --set, '" + std::string(plan->name()) + "' of " + domain.name + " '" +
                 std::string(text_of(command.stream())) + "' is invalid: " +
                 text_of_faults(faults));
  payload.append(parsed->payload);
  return true;
}

Result<void> ForkCommands::append(Line& line, uint64_t number, Instant time, Bytes body) {
  if (line.batch == nullptr) line.batch = std::make_shared<RecordBatch>(line.id, LogSide::commands);
  line.last = number;
  line.time = std::max(line.time, time);
  line.batch->add(number, line.time, body);
  line.batch->tickets.push_back(0);
  return line.batch->bytes().size() < batch_bytes ? Result<void>() : flush(line);
}

Result<void> ForkCommands::flush(Line& line) {
  if (line.batch == nullptr) return {};
  const BatchPtr batch = std::move(line.batch);
  line.batch = nullptr;
  while (log_.append_commands(line.id, batch) == Taken::full) {
    TRY(const Step prepared, log_.prepare_step());
    TRY(const Step written, log_.write_step());
    if (prepared == Step::idle && written != Step::worked && log_.storage_full())
      return retry("storage_full", "the sandbox has no room for its commands: make room, or use "
                                   "another disk");
  }
  return {};
}

Result<void> ForkCommands::end() {
  for (Line& line : lines_) TRY(flush(line));
  return log_.close();
}

}  // namespace spate
