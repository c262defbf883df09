// Command ids as text.
#include "engine/base/ids.hpp"

namespace spate {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(const CommandId& id) {
  std::string text(32, '0');
  for (int i = 0; i < 16; ++i) {
    text[15 - i] = "0123456789abcdef"[(id.hi >> (4 * i)) & 15];
    text[31 - i] = "0123456789abcdef"[(id.lo >> (4 * i)) & 15];
  }
  return text;
}

bool from_hex(std::string_view text, CommandId& id) {
  if (text.size() != 32) return false;
  uint64_t halves[2] = {0, 0};
  for (int i = 0; i < 32; ++i) {
    const int value = digit(text[i]);
    if (value < 0) return false;
    halves[i / 16] = halves[i / 16] << 4 | static_cast<uint64_t>(value);
  }
  id = {halves[0], halves[1]};
  return true;
}

}  // namespace spate
