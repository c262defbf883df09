// Cursor: the opaque place in a list; bound to the list and the log's life (A5).
#pragma once
#include <string>
#include <string_view>

namespace spate::edge {

/// `list` is a hash of the list's path: a cursor fits no other list.
struct Cursor {
  uint64_t incarnation = 0;
  uint64_t list = 0;
  std::string after;
};

std::string to_token(const Cursor& cursor);
/// False when it is no cursor of ours.
bool from_token(std::string_view token, Cursor& cursor);

}  // namespace spate::edge
