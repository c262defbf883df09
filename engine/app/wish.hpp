// Wish: what an operator orders, as a JSON object: each member is known, or it is refused.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/field_faults.hpp"
#include "engine/codec/json_value.hpp"

namespace spate {

/// A misspelt member must not be dropped, and one answer tells all that is wrong. Reads leave their
/// target alone where the member is missing or wrong.
class Wish {
 public:
  /// An empty body is an object without members.
  explicit Wish(std::string_view body);

  void read(std::string_view name, bool& truth);
  void read(std::string_view name, std::string& text);
  void read(std::string_view name, uint64_t& number, uint64_t min, uint64_t max);
  /// Of words without blanks.
  void read(std::string_view name, std::vector<std::string>& words);
  /// Of one place the first is told.
  void fault(const Place& place, std::string detail);
  /// Once, after all reads: members that none of them named are faults, too.
  FieldFaults end();

 private:
  const JsonValue* find(std::string_view name);

  JsonValue value_;
  bool is_object_ = false;
  std::vector<std::string_view> known_;
  FieldFaults faults_;
};

}  // namespace spate
