// RecordBatch: records of one partition and side in one buffer, laid out as the log writes them.
#pragma once
#include <memory>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/ids.hpp"

namespace spate {

enum class LogSide : uint8_t { commands = 0, outcomes = 1 };

//   record := head body pad          (little-endian; starts 8-aligned; padded to 8 with zeros)
//   head   := crc:u32                CRC32C of the rest of the head and the body; 0 in batches
//                                    without checksums, which no log writes as they are
//             body_bytes:u32
//             number:u64             cause (commands) or sequence (outcomes)
//             time:i64               the sequencer's stamp, ns since 1970 (outcomes: their now)
//             domain:u16 index:u16   partition
//             side:u8 flags:u8 zero:u16
//   body   := spate.envelope.Command | spate.envelope.Outcome   (FlatBuffers)
struct RecordHead {
  uint32_t crc = 0;
  uint32_t body_bytes = 0;
  uint64_t number = 0;
  int64_t time = 0;
  uint16_t domain = 0;
  uint16_t index = 0;
  LogSide side = LogSide::commands;
  uint8_t flags = 0;
  uint16_t zero = 0;
};
static_assert(sizeof(RecordHead) == 32);

/// A record in place. `body` is 8-aligned.
struct RecordView {
  RecordHead head;
  Bytes body;
};

/// CRC32C of a head (without its own crc) and its body.
uint32_t record_crc(const RecordHead& head, Bytes body);

class RecordBatch {
 public:
  RecordBatch() = default;
  /// Without checksums where the log keeps bodies alone (Numbering::log): they cost more than the
  /// copy that they guard.
  RecordBatch(PartitionId partition, LogSide side, bool has_checksums = true)
      : partition_(partition), side_(side), has_checksums_(has_checksums) {}

  PartitionId partition() const { return partition_; }
  LogSide side() const { return side_; }
  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  bool has_checksums() const { return has_checksums_; }
  /// All records with heads and padding.
  Bytes bytes() const { return buffer_; }
  /// Requires: not empty.
  uint64_t first() const { return first_; }
  uint64_t last() const { return last_; }
  RecordView last_record() const { return *Iterator(buffer_.data() + last_at_); }

  /// Requires: `number` is greater than every number before.
  void add(uint64_t number, Instant time, Bytes body);
  /// A record as it was read from a log, head and all; its crc is checked by the caller.
  void add_raw(const RecordHead& head, Bytes body);
  /// Room for so many bytes of records, heads and padding, without growing.
  void reserve(std::size_t bytes) { buffer_.reserve(bytes); }
  /// Empties it for another use, keeping its memory.
  void reset(PartitionId partition, LogSide side);

  /// Who waits for each command (0 = nobody), one a record; commands only, never written to disk.
  std::vector<uint64_t> tickets;

  class Iterator {
   public:
    explicit Iterator(const uint8_t* at) : at_(at) {}
    RecordView operator*() const;
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const uint8_t* at_;
  };
  Iterator begin() const { return Iterator(buffer_.data()); }
  Iterator end() const { return Iterator(buffer_.data() + buffer_.size()); }

 private:
  PartitionId partition_;
  LogSide side_ = LogSide::commands;
  bool has_checksums_ = true;
  std::size_t count_ = 0;
  uint64_t first_ = 0;
  uint64_t last_ = 0;
  std::size_t last_at_ = 0;  // bytes before it
  ByteBuffer buffer_;
};

/// Batches are shared, immutable once appended: writer, processor and projector read one copy.
using BatchPtr = std::shared_ptr<const RecordBatch>;

}  // namespace spate
