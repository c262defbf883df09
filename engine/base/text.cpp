// UTF-8 is decoded here; folding is utf8proc's.
#include "engine/base/text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace spate {
namespace {

constexpr std::size_t name_bytes_max = 64;  // no name of ours is longer; bounds the distance table

struct Decoded {
  uint32_t code = 0;
  std::size_t size = 0;  // 0: not UTF-8
};

bool continues(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

Decoded decode(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  uint32_t code = lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (!continues(text[i])) return {};
    code = code << 6 | (static_cast<uint8_t>(text[i]) & 0x3f);
  }
  constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < smallest[size] || surrogate || code > 0x10ffff ? Decoded{} : Decoded{code, size};
}

/// The property White_Space of Unicode.
bool is_white_space(uint32_t c) {
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool is_control(uint32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); }

constexpr uint64_t each_byte(uint8_t byte) { return 0x0101010101010101u * byte; }
constexpr uint64_t top_bits = each_byte(0x80);

/// Any byte of the word below `least` (at most 0x80), where none has its top bit.
constexpr uint64_t has_below(uint64_t word, uint8_t least) {
  return (word - each_byte(least)) & ~word & top_bits;
}
constexpr uint64_t has(uint64_t word, uint8_t byte) { return has_below(word ^ each_byte(byte), 1); }

/// Visible ASCII but `/`, eight bytes a step; the last step begins anew within the text.
bool is_plain_ident(std::string_view text) {
  if (text.size() < 8) return false;
  for (std::size_t at = 0;; at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + std::min(at, text.size() - 8), 8);
    if ((word & top_bits) | has_below(word, '!') | has(word, 0x7f) | has(word, '/')) return false;
    if (at + 8 >= text.size()) return true;
  }
}

std::size_t ascii_words(std::string_view text) {
  std::size_t bytes = 0;
  for (uint64_t word; bytes + 8 <= text.size(); bytes += 8) {
    std::memcpy(&word, text.data() + bytes, 8);
    if (word & top_bits) break;
  }
  return bytes;
}

std::size_t last_character_at(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && continues(text[at])) --at;
  return at;
}

/// Optimal string alignment: insert, remove, replace and swap of neighbours cost one each.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<uint8_t, name_bytes_max + 1>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = static_cast<uint8_t>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    row[0] = static_cast<uint8_t>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      int best = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = std::min(best, rows[(i + 1) % 3][j - 2] + 1);
      row[j] = static_cast<uint8_t>(best);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

bool is_utf8(std::string_view text) {
  text.remove_prefix(ascii_words(text));
  while (!text.empty()) {
    const Decoded c = decode(text);
    if (c.size == 0) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

bool is_ident(std::string_view text) {
  if (text.empty() || text.size() > ident_bytes_max) return false;
  if (is_plain_ident(text)) return true;
  while (!text.empty()) {
    const Decoded c = decode(text);
    if (c.size == 0 || c.code == '/' || is_control(c.code) || is_white_space(c.code)) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

bool is_command_key(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty()) {
    const Decoded c = decode(text);
    if (c.size == 0 || !is_white_space(c.code)) break;
    text.remove_prefix(c.size);
  }
  while (!text.empty()) {
    const std::size_t at = last_character_at(text);
    const Decoded c = decode(text.substr(at));
    if (c.size != text.size() - at || !is_white_space(c.code)) break;
    text.remove_suffix(c.size);
  }
  return text;
}

std::string fold_case(std::string_view text) {
  utf8proc_uint8_t* folded = nullptr;
  constexpr auto nfkc_casefold = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &folded, nfkc_casefold);
  if (size < 0) return std::string(text);
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owned(folded, std::free);
  return {reinterpret_cast<const char*>(folded), static_cast<std::size_t>(size)};
}

NearestName::NearestName(std::string_view wanted)
    : wanted_(wanted), distance_(std::max<std::size_t>(1, wanted.size() / 3) + 1) {}

void NearestName::offer(std::string_view name) {
  if (wanted_.size() > name_bytes_max || name.size() > name_bytes_max) return;
  const std::size_t d = distance(wanted_, name);
  if (d >= distance_) return;
  distance_ = d;
  found_ = name;
}

std::string NearestName::hint() const {
  return found_.empty() ? std::string() : "; did you mean '" + std::string(found_) + "'?";
}

}  // namespace spate
