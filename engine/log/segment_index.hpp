// SegmentIndex: where in a segment a partition's records lie, one entry for some 64 KiB (B6).
#pragma once
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/log/log.hpp"

namespace spate {

class SegmentIndex {
 public:
  /// A group at `offset` holds records `first` … `last` of one side of a partition.
  void add(PartitionId partition, LogSide side, uint64_t first, uint64_t last, uint64_t offset);
  /// Where to begin to look for record `from` or the first after it; none when all are older.
  std::optional<uint64_t> look_up(PartitionId partition, LogSide side, uint64_t from) const;

  //   index := log:u64x2 segment:u64 last_group:u64 keys:u64 (key:u64 last:u64 n:u64 (number:u64
  //            offset:u64)*)* crc:u64      key := domain << 32 | index << 16 | side; CRC32C before
  //            it
  ByteBuffer encoded(const Hash128& log, uint64_t segment, uint64_t last_group) const;
  /// None when the bytes are not the index of this segment up to this group.
  static std::optional<SegmentIndex> decoded(Bytes bytes, const Hash128& log, uint64_t segment,
                                             uint64_t last_group);

 private:
  struct Places {
    uint64_t last = 0;
    std::vector<std::pair<uint64_t, uint64_t>> groups;  // first number, offset
  };
  std::unordered_map<uint64_t, Places> keys_;
};

}  // namespace spate
