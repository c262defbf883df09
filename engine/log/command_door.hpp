// CommandDoor: the port through which records of other systems become commands.
#pragma once
#include "engine/base/bytes.hpp"
#include "engine/log/kafka_client.hpp"

namespace spate::envelope {
struct Command;
}

namespace spate {

/// The content type of records that are an `envelope.Command` already, written by an edge.
inline constexpr std::string_view command_content_type = "application/x-spate-command";

/// Threads: the one that steps the log.
class CommandDoor {
 public:
  virtual ~CommandDoor() = default;
  /// Makes an `envelope.Command` of whatever record was found in a command topic: what cannot be
  /// understood becomes one with codec `raw`, which the processor refuses (E1). `command` is empty.
  virtual void accept(PartitionId partition, const KafkaRecord& record, ByteBuffer& command) = 0;
  /// Whether a well-formed envelope of content type `command_content_type` may go to the processor
  /// as it is: its payload is sound, its stream belongs to the partition. Else it is accepted.
  virtual bool trusts(PartitionId partition, const envelope::Command& command) = 0;
};

/// The value of header `name`, or null data.
Bytes header_of(const KafkaRecord& record, std::string_view name);

/// A command of codec `raw` that holds the whole record, as `envelope.RawRecord` (A2). Its id is
/// that of the place where it lies, so that two of them never meet.
void raw_command(PartitionId partition, const KafkaRecord& record, ByteBuffer& command);

/// Takes every foreign record as raw and trusts every envelope.
class RawCommandDoor final : public CommandDoor {
 public:
  void accept(PartitionId partition, const KafkaRecord& record, ByteBuffer& command) override {
    raw_command(partition, record, command);
  }
  bool trusts(PartitionId, const envelope::Command&) override { return true; }
};

}  // namespace spate
