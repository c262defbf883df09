// RFC 3339: times as people and JSON write them, to and from nanoseconds since 1970.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "engine/base/ids.hpp"

namespace spate {

using Rfc3339Buffer = std::array<char, 32>;

/// In UTC with `Z`; the fraction is left out when zero, else without trailing zeros.
std::string_view to_rfc3339(Instant at, Rfc3339Buffer& buffer);
std::string to_rfc3339(Instant at);

/// Any offset, at most 9 fraction digits, 1970-2261. False when it is not such a time. A leap
/// second (only where there may be one) counts as the second after it.
bool from_rfc3339(std::string_view text, Instant& at);

/// Whether it lies within 1970-2261.
bool is_time(Instant at);

}  // namespace spate
