// JsonValue: any JSON as a plain tree, for tools that read answers; never on a hot path.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/json_writer.hpp"
#include "engine/base/result.hpp"

namespace spate {

struct JsonValue {
  enum class Kind : uint8_t { null, boolean, integer, number, text, list, object };
  Kind kind = Kind::null;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;
  std::string text;
  std::vector<JsonValue> items;
  std::vector<std::pair<std::string, JsonValue>> members;  ///< in the order they were written

  /// Faults: `json_invalid`.
  static Result<JsonValue> parse(std::string_view json);

  /// A member of an object; null when there is none.
  const JsonValue* find(std::string_view name) const;
  /// The member's text or number; `otherwise` when it is missing or of another kind.
  std::string text_of(std::string_view name, std::string_view otherwise = "") const;
  int64_t integer_of(std::string_view name, int64_t otherwise = 0) const;

  void write(JsonWriter& out) const;
};

// Values of our own making.
JsonValue text_value(std::string_view text);
JsonValue integer_value(uint64_t value);
JsonValue boolean_value(bool value);
JsonValue list_value(std::vector<JsonValue> items = {});
JsonValue object_value(std::vector<std::pair<std::string, JsonValue>> members);

}  // namespace spate
