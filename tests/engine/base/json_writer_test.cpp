// JSON out: commas, escapes wherever they stand, numbers that read back the same.
#include "engine/base/json_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace spate {
namespace {

std::string written(std::string_view text) {
  std::string out;
  JsonWriter(out).string(text);
  return out;
}

TEST(JsonWriter, SeparatesMembersAndItems) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("a", 1);
  json.key("b");
  json.begin_array();
  json.string("x");
  json.null();
  json.boolean(false);
  json.begin_object();
  json.end_object();
  json.end_array();
  json.member("c", "");
  json.end_object();
  EXPECT_EQ(out, R"({"a":1,"b":["x",null,false,{}],"c":""})");
}

TEST(JsonWriter, EscapesWhatMustBeEscapedAtEveryPlaceOfAWord) {
  EXPECT_EQ(written("\"\\\b\f\n\r\t\x01\x1f\x7f/ä😀"), R"("\"\\\b\f\n\r\t\u0001\u001f)"
                                                      "\x7f/ä😀\"");
  for (char special : {'"', '\\', '\n', '\0', '\x1f'})
    for (std::size_t size = 1; size <= 20; ++size)
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'x');
        text[at] = special;
        const std::string alone = written(std::string(1, special));
        const std::string expected = '"' + std::string(at, 'x') +
                                     alone.substr(1, alone.size() - 2) +
                                     std::string(size - at - 1, 'x') + '"';
        ASSERT_EQ(written(text), expected);
      }
}

TEST(JsonWriter, LeavesEveryOtherByteAsItIs) {
  for (int c = 0x20; c < 0x100; ++c) {
    if (c == '"' || c == '\\') continue;
    const std::string text(9, static_cast<char>(c));
    ASSERT_EQ(written(text), '"' + text + '"') << c;
  }
}

TEST(JsonWriter, WritesNumbersThatReadBackTheSame) {
  const auto number = [](double value) {
    std::string out;
    JsonWriter(out).number(value);
    return out;
  };
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-2.5e-300), "-2.5e-300");
  EXPECT_EQ(number(5), "5");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(std::nan("")), "null");
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.integer(INT64_MIN);
  json.unsigned_integer(UINT64_MAX);
  json.end_array();
  EXPECT_EQ(out, "[-9223372036854775808,18446744073709551615]");
}

}  // namespace
}  // namespace spate
