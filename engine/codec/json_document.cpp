// The parser works on a padded copy: bodies arrive in buffers that end where they end.
#include "engine/codec/json_document.hpp"

#include <algorithm>

namespace spate {
namespace {

const char* what_is_wrong(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "must be UTF-8";
    case simdjson::DEPTH_ERROR:
      return "must not nest deeper than 32";
    case simdjson::NUMBER_ERROR:
      return "must be JSON: a number is malformed or does not fit 64 bits";
    case simdjson::EMPTY:
      return "must be JSON: there is nothing but white space";
    case simdjson::UNCLOSED_STRING:
      return "must be JSON: a string does not end";
    case simdjson::STRING_ERROR:
      return "must be JSON: a string holds a bad escape or half of a surrogate pair";
    case simdjson::UNESCAPED_CHARS:
      return "must be JSON: control characters in strings must be escaped";
    case simdjson::CAPACITY:
      return "must be smaller";
    default:
      return "must be JSON";
  }
}

}  // namespace

JsonDocument::JsonDocument() { make_room(4 << 10); }

void JsonDocument::make_room(std::size_t bytes) {
  const bool too_small = parser_.capacity() < bytes;
  const bool too_large = parser_.capacity() > kept_bytes_max && bytes <= kept_bytes_max;
  if (!too_small && !too_large) return;
  parser_ = simdjson::dom::parser();
  text_ = ByteBuffer();
  const std::size_t capacity = std::max<std::size_t>(aligned_up(bytes, 4 << 10), 4 << 10);
  ENSURE(parser_.allocate(capacity, depth_max) == simdjson::SUCCESS);
  text_.reserve(capacity + simdjson::SIMDJSON_PADDING);
}

bool JsonDocument::parse(std::string_view json, simdjson::dom::element& root, std::string& detail) {
  if (json.starts_with("\xef\xbb\xbf")) {
    detail = "must not begin with a byte order mark";
    return false;
  }
  make_room(json.size());
  text_.clear();
  std::memcpy(text_.grow(json.size() + simdjson::SIMDJSON_PADDING), json.data(), json.size());
  std::memset(text_.data() + json.size(), ' ', simdjson::SIMDJSON_PADDING);
  const auto error = parser_.parse(text_.data(), json.size(), false).get(root);
  if (error) detail = what_is_wrong(error);
  return !error;
}

}  // namespace spate
