// Envelopes, as the edges of all nodes write them: anybody may claim to be an edge, so that
// everything in one is looked at again by the node that decides it.
#include "engine/app/control_mark.hpp"
#include "engine/app/foreign_commands.hpp"
#include "engine/base/text.hpp"
#include "engine/codec/fingerprint.hpp"

namespace spate {

bool ForeignCommands::trusts(PartitionId partition, const KafkaRecord& record,
                             const envelope::Command& command) {
  reason_.clear();
  const Draft draft = draft_of(partition, text_of(command.stream()));
  if (draft.domain == nullptr) return false;
  check_envelope(draft, record, command);
  return reason_.empty();
}

/// Asked when an envelope was not sound or not trusted: finds out why.
void ForeignCommands::read_envelope(Draft& draft, const KafkaRecord& record, ByteBuffer& command) {
  envelope_.clear();
  envelope_.append(record.value);
  const envelope::Command* found = envelope_in(record, envelope_);
  if (found == nullptr)
    return refuse("value", "must be the envelope of a command of the stream that the key names");
  check_envelope(draft, record, *found);
  if (reason_.empty()) command.append(envelope_);
}

void ForeignCommands::check_envelope(const Draft& draft, const KafkaRecord& record,
                                     const envelope::Command& command) {
  if (record.value.size() > limits_.command_bytes_max)
    return refuse("value", "may have " + std::to_string(limits_.command_bytes_max) +
                               " bytes, this one has " + std::to_string(record.value.size()));
  check_stream(draft, record.key);
  if (command.format() != 1) return refuse("format", "must be 1");
  if (!is_utf8(text_of(command.sender()))) refuse("sender", "must be UTF-8");
  const std::string_view key = text_of(command.sender_key());
  if (!is_command_key(key)) refuse("sender_key", "is malformed");
  const bool controls = command.control() != envelope::Control::none;
  if (command.control() > envelope::Control::discard)
    refuse("control", "is none that this version knows");
  else if (controls && limits_.control_secret.empty())
    refuse("control", "is not taken: the nodes have no kafka.control_secret");
  else if (controls && !is_control_key(limits_.control_secret, draft.domain->name, draft.stream,
                                       command.control(), key))
    refuse("control", "is not taken: its sender does not know kafka.control_secret");
  if (!reason_.empty()) return;
  if (id_of(command.id()) !=
      command_id(text_of(command.sender()), draft.domain->name, draft.stream, key))
    return refuse("id", "must be that of sender, stream and sender_key");
  if (!controls) check_payload(*draft.domain, command);
}

void ForeignCommands::check_payload(const DomainPlan& domain, const envelope::Command& command) {
  const CommandPlan* plan = domain.command(command.type());
  if (plan == nullptr)
    return refuse("type", std::to_string(command.type()) + " is no command that this version knows");
  faults_.clear();
  const auto body = flat_.read_in_place(domain, *plan, bytes_of(command.payload()), faults_);
  if (!body) return refuse("body", faults_);
  const bool comparable = command.fingerprint_version() == fingerprint_version;
  if (comparable && command.fingerprint() != body->fingerprint)
    refuse("fingerprint", "must be that of the body");
}

}  // namespace spate
