// StreamRow: what the engine itself remembers of a stream, beside the rows of its domain.
#pragma once
#include <cstdint>

namespace spate {

/// `version` = events of the stream (what If-Match compares). Parked commands lie in rows of
/// parked_table numbered [parked_first, parked_next).
struct StreamRow {
  uint64_t version = 0;
  uint32_t parked_first = 0;
  uint32_t parked_next = 0;

  uint32_t parked() const { return parked_next - parked_first; }
};

/// One a partition, under the empty stream: how much is parked.
struct PartitionRow {
  uint64_t parked_commands = 0;
  uint64_t parked_streams = 0;
};

}  // namespace spate
