// View keys: the partition stands last, so a list over partitions is one range scan (H3).
#pragma once
#include <string>
#include <string_view>

#include "engine/api/projection.hpp"

namespace spate {

//   key      := domain:u16 view:u8 section:u8 body partition:u16        (big-endian)
//   body     := stream 0x00                stream views      } section views: the value is
//             | stream 0x00 key 0x00       items             } what the projection put
//             | key 0x00                   gathered views    }
//             | ~time:u64 stream 0x00      section newest: empty value, newest stream first
//   Streams and keys hold no control characters, so 0x00 ends them and keeps their order.
enum class ViewSection : unsigned char { views = 0, newest = 1 };

/// Above every domain number: what the stores keep for themselves.
inline constexpr uint16_t domain_reserved = 0xffff;

inline constexpr std::size_t view_key_head_bytes = 4;
inline constexpr std::size_t view_key_tail_bytes = 2;

/// Replaces `out` by the key of a view; reuse the string to save the allocation.
void view_key(PartitionId partition, ViewScope scope, ViewName name, std::string_view stream,
              std::string& out);
/// The entry by which a newest-first list finds a stream whose first outcome was at `first`.
void newest_key(PartitionId partition, uint8_t view, Instant first, std::string_view stream,
                std::string& out);

/// True when `text` may stand in a key.
bool is_key_text(std::string_view text);

PartitionId partition_in(std::string_view key);
/// What stands between head and partition: the body without its closing 0x00.
std::string_view body_in(std::string_view key);

/// All keys `from` <= key < `to`.
struct KeyRange {
  std::string from;
  std::string to;
};
KeyRange domain_range(uint16_t domain);
KeyRange section_range(uint16_t domain, uint8_t view, ViewSection section);
/// The items of one stream. A key's item follows `range.from` and ends before its tail's 0x00.
KeyRange item_range(uint16_t domain, uint8_t view, std::string_view stream);

}  // namespace spate
