// How much of a log is read at a time by whoever reads it to its end, beside any server.
#pragma once
#include <cstddef>

namespace spate {

/// So much that the way to the disk or the broker is a small part of it, so little that one for
/// each reader does not count.
inline constexpr std::size_t log_piece_bytes = 1 << 20;

}  // namespace spate
