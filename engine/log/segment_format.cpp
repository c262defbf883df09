// Writing and checking groups.
#include "engine/log/segment_format.hpp"

#include <lz4.h>

#include <bit>
#include <charconv>
#include <cstdio>

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

static_assert(std::endian::native == std::endian::little,
              "heads are written as they lie in memory");
constexpr std::size_t crc_from = offsetof(GroupHead, body_crc);
constexpr std::size_t opening_head_bytes = 16;
constexpr int acceleration = 4;  // of LZ4: three quarters of its CPU, 2 % more bytes

uint32_t head_crc(const GroupHead& head) {
  const auto* raw = reinterpret_cast<const uint8_t*>(&head);
  return crc32c({raw + crc_from, group_head_bytes - crc_from});
}

template <class T>
uint8_t* put(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}
template <class T>
const uint8_t* get(const uint8_t* at, T& value) {
  std::memcpy(&value, at, sizeof value);
  return at + sizeof value;
}

std::string numbered(uint64_t segment, const char* suffix) {
  char text[64];
  std::snprintf(text, sizeof text, "segment-%016llu.%s", static_cast<unsigned long long>(segment),
                suffix);
  return text;
}

}  // namespace

Hash128 finish_group(ByteBuffer& group, GroupHead head) {
  const std::size_t used = group_head_bytes + head.stored_bytes;
  ENSURE(group.size() >= used);
  group.resize_down(used);
  const std::size_t whole = group_bytes(head.stored_bytes);
  std::memset(group.grow(whole - used), 0, whole - used);
  head.body_crc = crc32c({group.data() + group_head_bytes, whole - group_head_bytes});
  head.head_crc = head_crc(head);
  std::memcpy(group.data(), &head, sizeof head);
  return xxh3_128(group);
}

std::optional<GroupHead> parse_head(Bytes block, const Hash128& log, uint64_t segment) {
  if (block.size() < group_head_bytes) return std::nullopt;
  GroupHead head;
  std::memcpy(&head, block.data(), sizeof head);
  if (head.magic != group_magic || head.head_crc != head_crc(head)) return std::nullopt;
  if (head.format != segment_format || head.log != log || head.segment != segment)
    return std::nullopt;
  if (head.stored_bytes > group_body_bytes_max || head.raw_bytes > group_body_bytes_max)
    return std::nullopt;
  return head;
}

bool body_is_whole(const GroupHead& head, Bytes group) {
  if (group.size() != group_bytes(head.stored_bytes)) return false;
  return crc32c(group.subspan(group_head_bytes)) == head.body_crc;
}

ByteBuffer opening_group(uint64_t segment_bytes, std::span<const PartitionState> states) {
  ByteBuffer group;
  uint8_t* at =
      group.grow(group_head_bytes + opening_head_bytes + states.size() * partition_state_bytes);
  at = put(at + group_head_bytes, segment_bytes);
  at = put(at, uint64_t{states.size()});
  for (const PartitionState& s : states) {
    at = put(put(put(at, s.id.domain), s.id.index), uint32_t{0});
    at = put(put(at, s.tail.sequence.value), s.epoch.value);
    at = put(put(at, s.tail.cause.value), s.tail.command.value);
    at = put(put(at, s.tail.time.ns), s.tail.chain);
  }
  return group;
}

std::optional<Opening> parse_opening(Bytes body) {
  if (body.size() < opening_head_bytes) return std::nullopt;
  Opening opening;
  uint64_t count = 0;
  const uint8_t* at = get(get(body.data(), opening.segment_bytes), count);
  if (count != (body.size() - opening_head_bytes) / partition_state_bytes) return std::nullopt;
  for (uint64_t i = 0; i < count; ++i) {
    PartitionState s;
    uint32_t zero;
    at = get(get(get(at, s.id.domain), s.id.index), zero);
    at = get(get(at, s.tail.sequence.value), s.epoch.value);
    at = get(get(at, s.tail.cause.value), s.tail.command.value);
    at = get(get(at, s.tail.time.ns), s.tail.chain);
    opening.states.push_back(s);
  }
  return opening;
}

bool pack_body(const ByteBuffer& raw, ByteBuffer& packed) {
  const int raw_bytes = static_cast<int>(raw.size() - group_head_bytes);
  if (group_bytes(static_cast<std::size_t>(raw_bytes)) == block_bytes) return false;
  const int bound = LZ4_compressBound(raw_bytes);
  packed.clear();
  uint8_t* into = packed.grow(group_head_bytes + static_cast<std::size_t>(bound));
  const int bytes = LZ4_compress_fast(reinterpret_cast<const char*>(raw.data() + group_head_bytes),
                                      reinterpret_cast<char*>(into + group_head_bytes), raw_bytes,
                                      bound, acceleration);
  if (bytes <= 0 || bytes > raw_bytes - raw_bytes / 8) return false;
  packed.resize_down(group_head_bytes + static_cast<std::size_t>(bytes));
  return group_bytes(static_cast<std::size_t>(bytes)) <
         group_bytes(static_cast<std::size_t>(raw_bytes));
}

bool unpack_body(const GroupHead& head, Bytes stored, ByteBuffer& raw) {
  raw.clear();
  if ((head.flags & group_flag::packed) == 0) {
    raw.append(stored);
    return head.raw_bytes == head.stored_bytes;
  }
  uint8_t* into = raw.grow(head.raw_bytes);
  const int bytes = LZ4_decompress_safe(
      reinterpret_cast<const char*>(stored.data()), reinterpret_cast<char*>(into),
      static_cast<int>(stored.size()), static_cast<int>(head.raw_bytes));
  return bytes >= 0 && static_cast<uint32_t>(bytes) == head.raw_bytes;
}

std::string segment_name(uint64_t segment) { return numbered(segment, "log"); }
std::string index_name(uint64_t segment) { return numbered(segment, "index"); }

std::optional<uint64_t> segment_of_name(std::string_view name) {
  constexpr std::string_view prefix = "segment-", suffix = ".log";
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  const std::string_view digits =
      name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  uint64_t number = 0;
  const auto end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc{} || at != end || digits.size() != 16) return std::nullopt;
  return number;
}

}  // namespace spate
