// Outcome records as FlatBuffers; fields that are empty take no bytes.
#include "engine/processor/outcome_writer.hpp"

namespace spate {

Bytes OutcomeWriter::write(const OutcomeFields& f, const EmitCore* events) {
  builder_.Clear();
  events_.clear();
  details_.clear();
  if (events != nullptr) {
    for (const EmitCore::Emitted& e : events->events()) {
      const Bytes bytes = events->payload(e);
      builder_.ForceVectorAlignment(bytes.size(), 1, 8);
      const auto payload = builder_.CreateVector(bytes.data(), bytes.size());
      events_.push_back(envelope::CreateEvent(builder_, e.type, 0, payload));
    }
  }
  for (const NamedInteger& d : f.details)
    details_.push_back(envelope::CreateDetail(builder_, builder_.CreateString(d.name), d.value));
  flatbuffers::Offset<flatbuffers::Vector<uint8_t>> command;
  if (f.command.data() != nullptr) {
    builder_.ForceVectorAlignment(f.command.size(), 1, 8);
    command = builder_.CreateVector(f.command.data(), f.command.size());
  }
  const auto stream = builder_.CreateString(f.stream.data(), f.stream.size());
  flatbuffers::Offset<flatbuffers::String> reason;
  if (!f.reason.empty()) reason = builder_.CreateString(f.reason.data(), f.reason.size());
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<envelope::Event>>> event_list;
  if (!events_.empty()) event_list = builder_.CreateVector(events_);
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<envelope::Detail>>> detail_list;
  if (!details_.empty()) detail_list = builder_.CreateVector(details_);
  const envelope::Id id(f.id.hi, f.id.lo);

  envelope::OutcomeBuilder outcome(builder_);
  outcome.add_kind(f.kind);
  outcome.add_sequence(f.sequence.value);
  outcome.add_cause(f.cause.value);
  outcome.add_epoch(f.epoch.value);
  outcome.add_time(f.time.ns);
  outcome.add_chain(f.chain);
  outcome.add_id(&id);
  outcome.add_stream(stream);
  outcome.add_command_type(f.command_type);
  outcome.add_fingerprint(f.fingerprint);
  outcome.add_rejection(f.rejection);
  outcome.add_origin(f.origin.value);
  if (!detail_list.IsNull()) outcome.add_details(detail_list);
  if (!event_list.IsNull()) outcome.add_events(event_list);
  if (!command.IsNull()) outcome.add_command(command);
  if (!reason.IsNull()) outcome.add_reason(reason);
  builder_.Finish(outcome.Finish());
  return {builder_.GetBufferPointer(), builder_.GetSize()};
}

}  // namespace spate
