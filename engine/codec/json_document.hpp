// JSON document: text from outside, parsed whole and strictly by simdjson. Only codec sees this.
#pragma once
#include <simdjson.h>

#include <string_view>

#include "engine/base/bytes.hpp"

namespace spate {

/// One per thread and reused: in steady state parsing allocates nothing.
class JsonDocument {
 public:
  static constexpr std::size_t depth_max = 32;
  /// What is kept between documents; a larger one gives its memory back afterwards.
  static constexpr std::size_t kept_bytes_max = 64 << 10;

  JsonDocument();
  /// True, and `root` is valid until the next parse; else false, and `detail` says what is wrong.
  bool parse(std::string_view json, simdjson::dom::element& root, std::string& detail);

 private:
  void make_room(std::size_t bytes);

  simdjson::dom::parser parser_;
  ByteBuffer text_;
};

}  // namespace spate
