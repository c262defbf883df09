// KafkaNotes: how far each outcome topic was read, noted in small files, so that a start is quick.
#pragma once
#include <map>

#include "engine/log/kafka_partition.hpp"
#include "engine/log/storage.hpp"

namespace spate {

/// A cache: whatever is missing, torn or of another log costs a reading from the beginning, never
/// correctness; what is used is held against the topic first. Written without a sync, into two
/// files a partition in turn, so that a torn one leaves the one before.
//   file := magic:u64 log:u64 u64 incarnation:u64 domain:u64 index:u64 generation:u64
//           next_offset:i64 epoch:u64 nonce:u64 u64 sequence:u64 cause:u64 time:i64 chain:u64
//           tail_offset:i64 passed:u64 voided:u64 runs:u64 {first:u64 offset:i64 neighbours:u64}…
//           bytes:u64 address:u8*bytes zero:u8*(up to a multiple of 8) crc:u64
//                                     (little-endian; CRC32C of all before it)
class KafkaNotes {
 public:
  KafkaNotes(Storage& storage, const LogIdentity& identity)
      : storage_(storage), identity_(identity) {}

  /// The newest sound note of the partition.
  std::optional<KafkaResume> read(PartitionId partition);
  /// Faults: of the storage.
  Result<void> write(PartitionId partition, const KafkaResume& resume);

 private:
  struct Noted {
    uint64_t generation = 0;
    KafkaResume resume;
  };
  std::optional<Noted> read_file(PartitionId partition, uint64_t generation);
  std::optional<Noted> newest(PartitionId partition);

  Storage& storage_;
  const LogIdentity identity_;
  std::map<PartitionId, uint64_t> generations_;  // last written or read
};

}  // namespace spate
