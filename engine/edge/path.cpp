// Percent-decoding by RFC 3986.
#include "engine/edge/path.hpp"

#include <algorithm>

#include "engine/base/text.hpp"

namespace spate::edge {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool percent_decoded(std::string_view text, bool is_path, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return false;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return false;
    const char c = static_cast<char>(high << 4 | low);
    if (c == 0 || (is_path && c == '/')) return false;
    out += c;
    i += 2;
  }
  return true;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    out += '%';
    out += "0123456789ABCDEF"[byte >> 4];
    out += "0123456789ABCDEF"[byte & 15];
  }
  return out;
}

std::optional<Problem> split_path(std::string_view path, std::vector<std::string>& segments) {
  segments.clear();
  if (path.empty() || path.front() != '/') return bad_parameter("path", "must begin with '/'");
  if (path == "/") return std::nullopt;
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    std::string segment;
    if (!percent_decoded(path.substr(at, end - at), true, segment))
      return bad_parameter("path", "has a bad escape, %00 or %2F");
    if (segment.empty() || segment == "." || segment == "..")
      return bad_parameter("path", "has an empty, '.' or '..' segment; paths are never normalised");
    if (!is_utf8(segment)) return bad_parameter("path", "is not UTF-8");
    segments.push_back(std::move(segment));
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<Problem> split_query(std::string_view query, Parameters& parameters) {
  parameters.clear();
  WireFaults faults;
  for (std::size_t at = 0; at < query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string_view part = query.substr(at, end - at);
    at = end + 1;
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    std::string name, value;
    const bool good = percent_decoded(part.substr(0, equals), false, name) &&
                      percent_decoded(part.substr(std::min(equals + 1, part.size())), false, value);
    const bool twice = std::any_of(parameters.begin(), parameters.end(),
                                   [&](const auto& other) { return other.first == name; });
    if (!good || !is_utf8(name) || !is_utf8(value))
      gather(bad_parameter(good && is_utf8(name) ? name : "query",
                           "has a bad escape or is not UTF-8"),
             faults);
    else if (twice)
      gather(bad_parameter(name, "is given twice"), faults);
    else
      parameters.emplace_back(std::move(name), std::move(value));
  }
  if (faults.empty()) return std::nullopt;
  return malformed(std::move(faults));
}

}  // namespace spate::edge
