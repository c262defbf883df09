// JsonWriter: appends JSON to a string; the caller keeps the nesting right.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace spate {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  /// A member's name; the next value belongs to it.
  void key(std::string_view name);
  void string(std::string_view text);
  void integer(int64_t value);
  void unsigned_integer(uint64_t value);
  /// Shortest form that reads back the same; null when not finite.
  void number(double value);
  void boolean(bool value);
  void null();
  /// JSON that is already JSON.
  void raw(std::string_view json);

  void member(std::string_view name, std::string_view value) { key(name), string(value); }
  void member(std::string_view name, const char* value) { key(name), string(value); }
  void member(std::string_view name, uint64_t value) { key(name), unsigned_integer(value); }
  void member(std::string_view name, int64_t value) { key(name), integer(value); }
  void member(std::string_view name, int value) { key(name), integer(value); }
  void member(std::string_view name, bool value) { key(name), boolean(value); }

 private:
  void open(char c);
  void close(char c);
  void separate();
  void escaped_string(std::string_view text, std::size_t plain);
  std::string& out_;
  bool comma_ = false;  // a value was written at this level
};

}  // namespace spate
