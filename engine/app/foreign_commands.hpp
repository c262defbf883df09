// ForeignCommands: the door of the command topics: what other systems send becomes commands.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/api/envelope.hpp"
#include "engine/app/foreign_headers.hpp"
#include "engine/base/topology.hpp"
#include "engine/codec/flat_reader.hpp"
#include "engine/codec/json.hpp"
#include "engine/log/command_door.hpp"

namespace spate {

struct ForeignLimits {
  std::size_t command_bytes_max = 1 << 20;  ///< a command record (G6)
  std::size_t outcome_bytes_max = 1 << 20;  ///< of which one that is refused leaves the beginning
  std::string control_secret = {};  ///< redrives and discards know it; empty: none are taken
};

/// Takes CloudEvents (binary and structured, JSON and FlatBuffers) and envelopes by the rules of
/// HTTP bodies; everything else becomes a raw command with the reason. The same wish with the same
/// sender and key has one id and one fingerprint, whichever door it comes through (D1, D2).
class ForeignCommands final : public CommandDoor {
 public:
  /// The catalog outlives it.
  ForeignCommands(const Catalog& catalog, const Topology& topology, const ForeignLimits& limits);

  void accept(PartitionId partition, const KafkaRecord& record, ByteBuffer& command) override;
  bool trusts(PartitionId partition, const KafkaRecord& record,
              const envelope::Command& command) override;

 private:
  struct Home {
    DomainPlace place;
    const DomainPlan* plan;
  };
  /// A command on its way: what the record says of it, and the body once that was read.
  struct Draft {
    PartitionId partition;
    const DomainPlace* place = nullptr;
    const DomainPlan* domain = nullptr;  ///< null: this version does not have it
    std::string_view stream;
    CloudEvent event;
    bool structured = false;
    const CommandPlan* command = nullptr;
    std::optional<CommandReader::Parsed> body;
  };

  bool read(PartitionId partition, const KafkaRecord& record, ByteBuffer& command);
  void read_event(Draft& draft, const KafkaRecord& record);
  void read_structured(Draft& draft, const KafkaRecord& record);
  void read_binary(Draft& draft, const KafkaRecord& record, const ForeignHeaders& headers);
  void read_data(Draft& draft, std::string_view content_type, Bytes data);
  void read_envelope(Draft& draft, const KafkaRecord& record, ByteBuffer& command);

  Draft draft_of(PartitionId partition, std::string_view stream) const;
  void check_stream(const Draft& draft, Bytes key);
  void check_attributes(Draft& draft);
  const CommandPlan* command_of_type(const Draft& draft);
  void check_envelope(const Draft& draft, const KafkaRecord& record,
                      const envelope::Command& command);
  void check_payload(const DomainPlan& domain, const envelope::Command& command);
  void build(const Draft& draft, const KafkaRecord& record, ByteBuffer& command);

  void refuse(std::string_view what, std::string_view detail);
  void refuse(std::string_view what, const FieldFaults& faults);
  /// `ce_id` of a binary event, `/id` of a structured one.
  static std::string named(const Draft& draft, std::string_view attribute);

  const ForeignLimits limits_;
  std::vector<Home> homes_;
  CommandReader json_;
  FlatReader flat_;
  CloudEventReader events_;
  flatbuffers::FlatBufferBuilder builder_;
  ByteBuffer envelope_;
  FieldFaults faults_;
  std::string reason_;  ///< empty: nothing is wrong with the record at hand
};

}  // namespace spate
