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
  /// Whether `command`, a well-formed envelope of content type `command_content_type` in an
  /// 8-aligned buffer, may go to the processor as it is. Else the record is accepted.
  virtual bool trusts(PartitionId partition, const KafkaRecord& record,
                      const envelope::Command& command) = 0;
};

/// The value of header `name`, or null data.
Bytes header_of(const KafkaRecord& record, std::string_view name);

/// The envelope in an 8-aligned copy of the record's value; null if the value is none, or lacks the
/// parts that every command has, or is of another stream than the record's key.
const envelope::Command* envelope_in(const KafkaRecord& record, Bytes aligned);

/// Appends a command of codec `raw` that holds the record as `envelope.RawRecord` (A2): whole, or
/// as much of it as fits `bytes_max` (G6), which leaves room for the reason and half a KiB. Its id
/// is that of the place where it lies, so that two of them never meet.
void raw_command(PartitionId partition, const KafkaRecord& record, std::string_view reason,
                 std::size_t bytes_max, ByteBuffer& command);

/// Takes every foreign record as raw and trusts every envelope.
class RawCommandDoor final : public CommandDoor {
 public:
  void accept(PartitionId partition, const KafkaRecord& record, ByteBuffer& command) override {
    raw_command(partition, record, "records of other systems are not taken here", raw_bytes_max,
                command);
  }
  bool trusts(PartitionId, const KafkaRecord&, const envelope::Command&) override { return true; }

 private:
  static constexpr std::size_t raw_bytes_max = 1 << 20;
};

}  // namespace spate
