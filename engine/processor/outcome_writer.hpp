// OutcomeWriter: builds the record of one outcome; keeps its buffers, so it allocates only to grow.
#pragma once
#include "engine/api/envelope.hpp"
#include "engine/api/handler.hpp"

namespace spate {

/// What the record says beside events and details. Views must live until `write` returns.
struct OutcomeFields {
  envelope::Kind kind = envelope::Kind::none;
  Sequence sequence;
  Cause cause;
  Epoch epoch;
  Instant time;
  uint64_t chain = 0;
  CommandId id;
  std::string_view stream;
  uint16_t command_type = 0;
  uint64_t fingerprint = 0;
  uint16_t rejection = 0;
  std::span<const NamedInteger> details;
  Bytes command;            ///< the whole command record: parked, refused
  std::string_view reason;
  Cause origin;             ///< the parked command's cause when re-driven; 0 = none
};

class OutcomeWriter {
 public:
  /// The record body, valid until the next write. `events` null: none.
  Bytes write(const OutcomeFields& fields, const EmitCore* events);

 private:
  flatbuffers::FlatBufferBuilder builder_;
  std::vector<flatbuffers::Offset<envelope::Event>> events_;
  std::vector<flatbuffers::Offset<envelope::Detail>> details_;
};

}  // namespace spate
