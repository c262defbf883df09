// Command records as FlatBuffers.
#include "engine/api/envelope.hpp"

namespace spate {

Bytes build_command(flatbuffers::FlatBufferBuilder& builder, const CommandFields& f) {
  builder.Clear();
  const auto optional_string = [&](std::string_view s) {
    return s.empty() ? flatbuffers::Offset<flatbuffers::String>{}
                     : builder.CreateString(s.data(), s.size());
  };
  const auto stream = builder.CreateString(f.stream.data(), f.stream.size());
  const auto sender = optional_string(f.sender);
  const auto key = optional_string(f.sender_key);
  const auto trace = optional_string(f.traceparent);
  builder.ForceVectorAlignment(f.payload.size(), 1, 8);
  const auto payload = builder.CreateVector(f.payload.data(), f.payload.size());
  const envelope::Id id(f.id.hi, f.id.lo);
  envelope::CommandBuilder command(builder);
  command.add_type(f.type);
  command.add_id(&id);
  command.add_fingerprint(f.fingerprint);
  command.add_stream(stream);
  command.add_payload(payload);
  if (!sender.IsNull()) command.add_sender(sender);
  if (!key.IsNull()) command.add_sender_key(key);
  if (!trace.IsNull()) command.add_traceparent(trace);
  command.add_control(f.control);
  command.add_received_at(f.received_at.ns);
  if (f.expected_version) command.add_expected_version(*f.expected_version);
  builder.Finish(command.Finish());
  return {builder.GetBufferPointer(), builder.GetSize()};
}

}  // namespace spate
