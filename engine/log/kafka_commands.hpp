// Commands on their way through a topic: how an edge writes them, how their owner reads them.
#pragma once
#include <deque>

#include "engine/log/kafka_log_options.hpp"

namespace spate {

/// Commands that this node's edges append. A record is the `envelope.Command` as it is, under the
/// stream as key, with the headers
///   content-type: application/x-spate-command
///   spate-ticket: node nonce:u64 ticket:u64    (little-endian; only if somebody waits)
/// Not locked: the partition is.
class CommandsToSend {
 public:
  void add(BatchPtr batch) {
    if (batches_.empty()) start(*batch);
    batches_.push_back(std::move(batch));
  }
  /// Sends as long as the client has room and is not full. A report's token is the number of bytes
  /// that it frees.
  void send(KafkaShared& shared, PartitionId partition);
  bool empty() const { return batches_.empty(); }

 private:
  void start(const RecordBatch& batch) {
    next_ = batch.begin();
    place_ = 0;
  }
  std::deque<BatchPtr> batches_;
  RecordBatch::Iterator next_{nullptr};
  std::size_t place_ = 0;
};

/// Adds what was read to `batch`, numbered by offset + 1 and stamped by the broker (F1): as it is
/// if it is sound and the door trusts it, else as the door makes of it. A command of this node has
/// its ticket again.
void add_command(const KafkaShared& shared, const KafkaRecord& record, ByteBuffer& scratch,
                 RecordBatch& batch);

/// The header by which a reader tells what a record's value is.
inline constexpr std::string_view command_content_type_name = "content-type";

inline Cause cause_at(int64_t offset) { return {static_cast<uint64_t>(offset) + 1}; }

/// Commands read and not yet decided, bounded in bytes. Not locked: the partition is.
class CommandQueue {
 public:
  /// Empties it; the next command that comes is the first above `floor`.
  void restart(Cause floor);
  void add(BatchPtr batch);
  /// The batch that holds the first command from `from` on, or null; what lies before is dropped.
  /// Requires: `from` is above the floor.
  BatchPtr find(uint64_t from);

  Cause floor() const { return floor_; }      ///< commands up to here were dropped
  std::size_t bytes() const { return bytes_; }

 private:
  std::deque<BatchPtr> batches_;
  std::size_t bytes_ = 0;
  Cause floor_;
};

}  // namespace spate
