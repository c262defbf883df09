// JSON text: escapes by RFC 8259, integers and doubles by std::to_chars.
#include "engine/base/json_writer.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace spate {
namespace {

template <class T>
void append_number(std::string& out, T value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

/// Whether any of eight bytes needs an escape, by arithmetic on all of them at once ("hasless" and
/// "haszero" of Bit Twiddling Hacks).
bool needs_escape_among(uint64_t eight) {
  constexpr uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
  const auto zero_byte = [](uint64_t x) { return (x - ones) & ~x & tops; };
  const uint64_t control = (eight - ones * 0x20) & ~eight & tops;
  return (control | zero_byte(eight ^ ones * '"') | zero_byte(eight ^ ones * '\\')) != 0;
}

/// The first character that needs an escape, or the size.
std::size_t plain_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t eight;
    std::memcpy(&eight, text.data() + i, 8);
    if (needs_escape_among(eight)) break;
  }
  while (i < text.size() && !needs_escape(text[i])) ++i;
  return i;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      out += "\\u00";
      out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
      out += "0123456789abcdef"[c & 15];
  }
}

}  // namespace

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}
void JsonWriter::open(char c) {
  separate();
  out_ += c;
  comma_ = false;
}
void JsonWriter::close(char c) {
  out_ += c;
  comma_ = true;
}
void JsonWriter::key(std::string_view name) {
  string(name);
  out_ += ':';
  comma_ = false;
}
void JsonWriter::string(std::string_view text) {
  const std::size_t plain = plain_prefix(text);
  if (plain != text.size()) return escaped_string(text, plain);
  const std::size_t at = out_.size();
  const std::size_t comma = comma_ ? 1 : 0;
  comma_ = true;
  out_.resize(at + comma + text.size() + 2);  // grown once: answers are made of short texts
  char* to = out_.data() + at;
  if (comma != 0) *to++ = ',';
  *to++ = '"';
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  to[text.size()] = '"';
}
void JsonWriter::escaped_string(std::string_view text, std::size_t plain) {
  separate();
  out_ += '"';
  while (true) {
    out_.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    append_escaped(out_, text.front());
    text.remove_prefix(1);
    plain = plain_prefix(text);
  }
  out_ += '"';
}
void JsonWriter::integer(int64_t value) {
  separate();
  append_number(out_, value);
}
void JsonWriter::unsigned_integer(uint64_t value) {
  separate();
  append_number(out_, value);
}
void JsonWriter::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  append_number(out_, value);
}
void JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
}
void JsonWriter::null() {
  separate();
  out_ += "null";
}
void JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
}

}  // namespace spate
