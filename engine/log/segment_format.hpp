// The bytes of a segment file: groups, each with its own checksums, chained by hash (B1, B4).
#pragma once
#include <optional>
#include <span>
#include <string>

#include "engine/log/log.hpp"

namespace spate {

//   segment  := opening (records | mark)* [seal seal] zeros      every group starts at k * 4096
//   group    := head body zeros-to-the-next-4096
//   head     := magic:u32 head_crc:u32          CRC32C of the head from body_crc on
//               body_crc:u32                    CRC32C of body and zeros
//               format:u16 kind:u8 flags:u8
//               log:u64x2 segment:u64           whose file this is
//               number:u64                      +1 a group over all segments; first is 1
//               durable_through:u64             groups up to here were durable when this was
//               written previous:u64x2                  XXH3-128 of the group before (head, body,
//               zeros) stored_bytes:u32 raw_bytes:u32  of the body as it lies here; unpacked
//               records:u32 zero:u32
//   body     := by kind:
//     opening   segment_bytes:u64 partitions:u64 state*    all partitions before the next group
//     records   record*  (record_batch.hpp), packed by LZ4 when flags & packed
//     mark      nothing; says that the group before is durable
//     seal      nothing; `number` is that of the last group. flags & rolled: a later segment exists
//   state    := domain:u16 index:u16 zero:u32 sequence:u64 epoch:u64 cause:u64 command:u64
//               time:i64 chain:u64
// All little-endian. An opening is durable before any group follows it, a seal is written only when
// all before it is durable. A segment ends before the number that the next segment's opening has.
inline constexpr std::size_t block_bytes = 4096;
inline constexpr uint16_t segment_format = 1;
inline constexpr uint32_t group_magic = 0x52475053;  // "SPGR"
inline constexpr std::size_t group_body_bytes_max = std::size_t{64} << 20;

enum class GroupKind : uint8_t { opening = 1, records = 2, mark = 3, seal = 4 };
namespace group_flag {
inline constexpr uint8_t packed = 1, rolled = 2;
}

struct GroupHead {
  uint32_t magic = group_magic;
  uint32_t head_crc = 0;
  uint32_t body_crc = 0;
  uint16_t format = segment_format;
  GroupKind kind = GroupKind::records;
  uint8_t flags = 0;
  Hash128 log;
  uint64_t segment = 0;
  uint64_t number = 0;
  uint64_t durable_through = 0;
  Hash128 previous;
  uint32_t stored_bytes = 0;
  uint32_t raw_bytes = 0;
  uint32_t records = 0;
  uint32_t zero = 0;
};
inline constexpr std::size_t group_head_bytes = sizeof(GroupHead);
static_assert(group_head_bytes == 88 && group_head_bytes % 8 == 0);

/// What a group takes in the file.
constexpr std::size_t group_bytes(std::size_t stored_bytes) {
  return aligned_up(group_head_bytes + stored_bytes, block_bytes);
}
inline constexpr std::size_t seals_bytes = 2 * block_bytes;

/// Where a partition stands before a group.
struct PartitionState {
  PartitionId id;
  Epoch epoch;
  Tail tail;
};
inline constexpr std::size_t partition_state_bytes = 56;

/// `group` holds room for the head, `head.stored_bytes` of body, and any slack: fills in head and
/// padding, cuts the slack, returns the hash that the next group names.
Hash128 finish_group(ByteBuffer& group, GroupHead head);

/// The head at the beginning of `block`, when it is whole and belongs to this log and segment.
std::optional<GroupHead> parse_head(Bytes block, const Hash128& log, uint64_t segment);
/// Whether body and padding are what the head says. `group` = all of the group's blocks.
bool body_is_whole(const GroupHead& head, Bytes group);

/// The body of an opening, behind room for the head.
ByteBuffer opening_group(uint64_t segment_bytes, std::span<const PartitionState> states);
struct Opening {
  uint64_t segment_bytes = 0;
  std::vector<PartitionState> states;
};
std::optional<Opening> parse_opening(Bytes body);

/// Packs the body behind the head room of `raw` into `packed` (with head room) when that saves an
/// eighth and a block. Scratch memory is kept between calls.
bool pack_body(const ByteBuffer& raw, ByteBuffer& packed);
/// Replaces `raw` by the unpacked body; false when it does not unpack to `head.raw_bytes`.
bool unpack_body(const GroupHead& head, Bytes stored, ByteBuffer& raw);

/// Calls `visit(RecordView, place)` for each record; false when the bytes are no row of records.
template <class Visit>
bool each_record(Bytes raw, Visit&& visit) {
  std::size_t at = 0;
  while (at < raw.size()) {
    RecordView record;
    if (raw.size() - at < sizeof(RecordHead)) return false;
    std::memcpy(&record.head, raw.data() + at, sizeof(RecordHead));
    const std::size_t room = raw.size() - at - sizeof(RecordHead);
    if (aligned_up(record.head.body_bytes, 8) > room) return false;
    record.body = {raw.data() + at + sizeof(RecordHead), record.head.body_bytes};
    visit(record, at);
    at += sizeof(RecordHead) + aligned_up(record.head.body_bytes, 8);
  }
  return true;
}

/// "segment-0000000000000007.log"
std::string segment_name(uint64_t segment);
/// "segment-0000000000000007.index"
std::string index_name(uint64_t segment);
/// The number in a segment's name; none for other files.
std::optional<uint64_t> segment_of_name(std::string_view name);

}  // namespace spate
