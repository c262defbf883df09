// Envelope: building and reading the records of schemas/envelope.fbs.
#pragma once
#include <string_view>

#include "engine/base/bytes.hpp"
#include "engine/base/ids.hpp"
#include "schemas/envelope_generated.h"

namespace spate {

/// What a door knows about a command before it is appended.
struct CommandFields {
  CommandId id;
  uint16_t type = 0;
  uint64_t fingerprint = 0;
  std::string_view stream;
  Bytes payload;  ///< the command's own FlatBuffer
  std::string_view sender;
  std::string_view sender_key;
  Instant received_at;
  flatbuffers::Optional<uint64_t> expected_version;
  std::string_view traceparent;
  envelope::Control control = envelope::Control::none;
};

/// Replaces the builder's content by the record body; reuse the builder to save the allocation.
Bytes build_command(flatbuffers::FlatBufferBuilder& builder, const CommandFields& fields);

inline const envelope::Command& command_of(Bytes body) {
  return *flatbuffers::GetRoot<envelope::Command>(body.data());
}
inline const envelope::Outcome& outcome_of(Bytes body) {
  return *flatbuffers::GetRoot<envelope::Outcome>(body.data());
}
inline CommandId id_of(const envelope::Id* id) {
  return id == nullptr ? CommandId{} : CommandId{id->hi(), id->lo()};
}
inline Bytes bytes_of(const flatbuffers::Vector<uint8_t>* v) {
  return v == nullptr ? Bytes{} : Bytes{v->data(), v->size()};
}
inline std::string_view text_of(const flatbuffers::String* s) {
  return s == nullptr ? std::string_view{} : std::string_view{s->data(), s->size()};
}

/// Rejections of the engine itself, above every id a schema may use.
enum class BuiltInRejection : uint16_t { precondition_failed = 65280, outcome_too_large = 65281 };

}  // namespace spate
