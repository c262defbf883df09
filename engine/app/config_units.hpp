// Units of settings: sizes as `2GiB`, durations as `5s`, in and out.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spate {

/// `512MiB`, `2GiB`, `64KiB`, `10MB` (10^6), or plain bytes. None when it is no size ≤ 2^63-1.
std::optional<uint64_t> parse_bytes(std::string_view text);
/// The largest binary unit that gives a whole number: `2GiB`, `1536MiB`, `1000`.
std::string format_bytes(uint64_t bytes);

/// `250ms`, `5s`, `2m`, `1h`, or plain milliseconds. None when it is no duration.
std::optional<int64_t> parse_ms(std::string_view text);
std::string format_ms(int64_t ms);

/// Digits only. None when it is no whole number ≤ 2^63-1.
std::optional<uint64_t> parse_whole(std::string_view text);

}  // namespace spate
