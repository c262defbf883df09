// Numbers as they stand in headers and queries.
#pragma once
#include <charconv>
#include <string_view>

#include "engine/edge/limits.hpp"

namespace spate::edge {

/// False, and `value` means nothing, unless all of `text` is one number without a sign.
template <class T>
bool to_number(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return !text.empty() && text.front() != '-' && read.ec == std::errc{} && read.ptr == end;
}

inline constexpr const char* page_limit_rule = "must be 1..1000";
/// What `limit=` says of a list, a feed or a history, without leading zeros; false: it breaks
/// `page_limit_rule`.
inline bool to_page_limit(std::string_view text, std::size_t& limit) {
  return !text.starts_with('0') && to_number(text, limit) && limit >= 1 && limit <= page_items_max;
}

}  // namespace spate::edge
