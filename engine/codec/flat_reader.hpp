// FlatReader: a command that another system built as a FlatBuffer.
#pragma once
#include "engine/codec/json.hpp"

namespace spate {

/// One per thread: it keeps buffers, so that sound commands are read without allocating.
class FlatReader {
 public:
  explicit FlatReader(std::size_t command_bytes_max) : command_bytes_max_(command_bytes_max) {}

  /// As CommandReader::read: the same rules and sentences, the same fingerprint. The payload is a
  /// copy at a multiple of 8.
  std::optional<CommandReader::Parsed> read(const DomainPlan& domain, const CommandPlan& command,
                                            Bytes foreign, FieldFaults& faults);
  /// The same, where it lies. Requires: the bytes begin at a multiple of 8.
  std::optional<CommandReader::Parsed> read_in_place(const DomainPlan& domain,
                                                     const CommandPlan& command, Bytes payload,
                                                     FieldFaults& faults);

 private:
  const std::size_t command_bytes_max_;
  ByteBuffer copy_;
  ByteBuffer scratch_;
};

}  // namespace spate
