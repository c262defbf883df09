// W3C trace context: whether a text is a `traceparent`.
#pragma once
#include <string_view>

namespace spate {

inline constexpr std::size_t traceparent_bytes = 55;

/// version "-" trace-id "-" parent-id "-" flags; later versions may have more behind it.
bool is_traceparent(std::string_view text);

}  // namespace spate
