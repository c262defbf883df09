// base64url by hand: three bytes are four characters.
#include "engine/base/base64url.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace spate {
namespace {
constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
}

std::string base64url(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t word = 0;
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8 | (k < n ? static_cast<uint8_t>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k <= n; ++k) out += alphabet[word >> (18 - 6 * k) & 63];
  }
  return out;
}

bool from_base64url(std::string_view text, std::string& bytes) {
  if (text.size() % 4 == 1) return false;
  uint32_t word = 0;
  int bits = 0;
  for (char c : text) {
    const char* found = std::strchr(alphabet, c);
    if (c == 0 || found == nullptr) return false;
    word = word << 6 | static_cast<uint32_t>(found - alphabet);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(word >> bits & 255);
  }
  return (word & ((1u << bits) - 1)) == 0;
}

}  // namespace spate
