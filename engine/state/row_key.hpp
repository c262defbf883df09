// Row keys:  key := table:u8 stream 0x00 sub   (streams and subs hold no control characters).
#pragma once
#include <string>
#include <string_view>

namespace spate {

/// Tables of the engine itself, above every id a schema may use for its union Row.
inline constexpr unsigned char stream_table = 255;  ///< StreamRow, one a stream
inline constexpr unsigned char parked_table = 254;  ///< parked commands, sub = 8-byte number

/// Replaces `out` by the key; reuse the string to save the allocation.
inline void row_key(unsigned char table, std::string_view stream, std::string_view sub,
                    std::string& out) {
  out.clear();
  out += static_cast<char>(table);
  out += stream;
  out += '\0';
  out += sub;
}

}  // namespace spate
