// BodyReader: one parsed JSON value becomes a command. Only codec uses it.
#pragma once
#include "engine/codec/json.hpp"
#include "engine/codec/table_reader.hpp"

namespace spate {

/// What the handler finds wrong with a payload that the schema allows, its pointers below `place`.
void check_by_handler(const DomainPlan& domain, uint16_t command, Bytes payload, const Place& place,
                      FieldFaults& faults);

/// Reused from body to body: in steady state reading allocates nothing.
class BodyReader {
 public:
  /// Nothing when faults were added; else valid until the next read.
  std::optional<CommandReader::Parsed> read(const DomainPlan& domain, const CommandPlan& command,
                                            simdjson::dom::element body, const Place& place,
                                            FieldFaults& faults);

 private:
  TableReader tables_;
  ByteBuffer scratch_;
};

}  // namespace spate
