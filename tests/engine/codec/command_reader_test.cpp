// Commands from JSON: what is taken, and every fault of the contract with pointer and sentence.
#include "tests/engine/codec/toys.hpp"

namespace spate::test {
namespace {

using CommandReading = Toys;

TEST_F(CommandReading, FillsInDefaultsAndLeavesOptionalFieldsAbsent) {
  EXPECT_EQ(read("make", R"({"stock":5,"name":"a"})"),
            R"({"name":"a","stock":5,"count":1,"at":null,"title":null,"colour":null,"flag":null,)"
            R"("ratio":0,"price":null,"delta":0,"discount":null,"parts":[],"tags":[],"numbers":[],)"
            R"("wide":null})");
}

TEST_F(CommandReading, TakesEveryKindOfField) {
  EXPECT_EQ(
      read("make",
           R"({"name":"ä-1","stock":0,"count":7,"at":"2026-11-29T18:00:00+01:00",)"
           R"("title":"t\n\u00e4","colour":"green","flag":false,"ratio":2.5,)"
           R"("price":9007199254740991,"delta":-32768,"discount":{"percent":100},)"
           R"("parts":[{"sku":"x"},{"count":2,"sku":"y"}],"tags":["p","q"],"numbers":[-5,0,5],)"
           R"("wide":9007199254740991})"),
      R"({"name":"ä-1","stock":0,"count":7,"at":"2026-11-29T17:00:00Z",)"
      R"("title":"t\nä","colour":"green","flag":false,"ratio":2.5,)"
      R"("price":9007199254740991,"delta":-32768,"discount":{"percent":100},)"
      R"("parts":[{"sku":"x","count":1},{"sku":"y","count":2}],"tags":["p","q"],)"
      R"("numbers":[-5,0,5],"wide":9007199254740991})");
}

TEST_F(CommandReading, KeepsEachJsonTypeOfAUnion) {
  EXPECT_EQ(read("reply", R"({"answer":"x"})"), R"({"answer":"x"})");
  EXPECT_EQ(read("reply", R"({"answer":4})"), R"({"answer":4})");
  EXPECT_EQ(read("reply", R"({"answer":-0.25})"), R"({"answer":-0.25})");
  EXPECT_EQ(read("reply", R"({"answer":["a","b"]})"), R"({"answer":["a","b"]})");
}

TEST_F(CommandReading, TakesAnEmptyBodyAsAnEmptyObject) {
  EXPECT_EQ(read("tick", ""), "{}");
  EXPECT_EQ(read("tick", " {} "), "{}");
}

TEST_F(CommandReading, BuildsTheSameBytesWhateverTheOrderOfMembers) {
  read("make", R"({"name":"a","stock":1,"tags":["x"],"title":"t"})");
  const auto bytes = payload_;
  const auto print = fingerprint_;
  read("make", R"({"title":"t","tags":["x"],"stock":1,"name":"a"})");
  EXPECT_EQ(payload_, bytes);
  EXPECT_EQ(fingerprint_, print);
}

struct Case {
  const char* command;
  std::string json;
  std::string faults;
};

class CommandFaults : public Toys, public ::testing::WithParamInterface<Case> {};

TEST_P(CommandFaults, AreToldWithPointerAndRemedy) {
  EXPECT_EQ(read(GetParam().command, GetParam().json), GetParam().faults) << GetParam().json;
}

/// A `make` with one more member.
std::string make(const std::string& member) { return R"({"name":"a","stock":1,)" + member + "}"; }
const std::string ident_rule =
    "must be 1..128 bytes without white space, control characters or '/'";
const std::string time_rule =
    "must be a time as in RFC 3339, such as 2026-11-29T18:00:00Z, of the years 1970 to 2261";
const std::string variants_rule =
    "/discount: must have exactly one of: percent; amount_minor with currency\n";
const std::string union_rule = "/answer: must be a string or a number or an array of strings\n";

const Case whole_body_cases[] = {
    {"make", "[1]", ": must be a JSON object\n"},
    {"make", "\"a\"", ": must be a JSON object\n"},
    {"make", "null", ": must be a JSON object\n"},
    {"make", "7", ": must be a JSON object\n"},
    {"make", " ", ": must be JSON: there is nothing but white space\n"},
    {"make", "{", ": must be JSON\n"},
    {"make", "{}{}", ": must be JSON\n"},
    {"make", "\xef\xbb\xbf{}", ": must not begin with a byte order mark\n"},
    {"make", "{\"name\":\"\xff\"}", ": must be UTF-8\n"},
    {"make", "{\"name\":\"a\nb\"}",
     ": must be JSON: control characters in strings must be escaped\n"},
    {"make", R"({"name":"\ud800"})",
     ": must be JSON: a string holds a bad escape or half of a surrogate pair\n"},
    {"make", R"({"stock":123456789012345678901})",
     ": must be JSON: a number is malformed or does not fit 64 bits\n"},
    {"make", R"({"stock":01})", ": must be JSON: a number is malformed or does not fit 64 bits\n"},
    {"make", R"({"stock":1e999})",
     ": must be JSON: a number is malformed or does not fit 64 bits\n"},
    {"make", R"({"stock":)" + std::string(32, '[') + "1" + std::string(32, ']') + "}",
     ": must not nest deeper than 32\n"},
};
INSTANTIATE_TEST_SUITE_P(WholeBody, CommandFaults, ::testing::ValuesIn(whole_body_cases));

const Case member_cases[] = {
    {"make", "", "/name: is missing\n/stock: is missing\n"},
    {"make", R"({"name":1,"stok":1,"count":0})",
     "/stok: is not a member of this object; did you mean 'stock'?\n/name: " + ident_rule +
         ", as a JSON string\n/stock: is missing\n/count: must be 1..1000000\n"},
    {"make", make(R"("a/b~c":1)"), "/a~1b~0c: is not a member of this object\n"},
    {"make", make(R"("":1)"), "/: is not a member of this object\n"},
    {"make", make(R"("stock":1)"), "/stock: is given twice\n"},
    {"make", make(R"("st\u006fck":1)"), "/stock: is given twice\n"},
    {"make", make(R"("title":null)"), "/title: must not be null: leave it out\n"},
    {"make", R"({"name":"a","stock":null})", "/stock: must not be null\n"},
    {"make", make(R"("discount":null)"), "/discount: must not be null: leave it out\n"},
    {"tick", R"({"x":null})", "/x: is not a member of this object\n"},
};
INSTANTIATE_TEST_SUITE_P(Members, CommandFaults, ::testing::ValuesIn(member_cases));

const Case integer_cases[] = {
    {"make", R"({"name":"a","stock":-1})", "/stock: must be 0..1000000000\n"},
    {"make", R"({"name":"a","stock":1000000001})", "/stock: must be 0..1000000000\n"},
    {"make", R"({"name":"a","stock":18446744073709551615})", "/stock: must be 0..1000000000\n"},
    {"make", R"({"name":"a","stock":1.0})",
     "/stock: must be an integer without fraction or exponent, 0..1000000000\n"},
    {"make", R"({"name":"a","stock":1e2})",
     "/stock: must be an integer without fraction or exponent, 0..1000000000\n"},
    {"make", R"({"name":"a","stock":"1"})",
     "/stock: must be an integer without fraction or exponent, 0..1000000000\n"},
    {"make", R"({"name":"a","stock":true})",
     "/stock: must be an integer without fraction or exponent, 0..1000000000\n"},
    {"make", make(R"("wide":9007199254740992)"), "/wide: must be 0..9007199254740991\n"},
    {"make", make(R"("delta":-32769)"), "/delta: must be -32768..32767\n"},
    {"make", make(R"("price":9223372036854775808)"),
     "/price: must be at most 9223372036854775807\n"},
    {"make", make(R"("price":-9007199254740992)"),
     "/price: must be -9007199254740991..9223372036854775807\n"},
    {"make", make(R"("ratio":10.5)"), "/ratio: must be 0..10\n"},
    {"make", make(R"("ratio":-0.1)"), "/ratio: must be 0..10\n"},
    {"make", make(R"("ratio":"1")"), "/ratio: must be a number, 0..10\n"},
    {"make", make(R"("flag":0)"), "/flag: must be true or false\n"},
    {"make", make(R"("colour":"Red")"), "/colour: must be one of red, green, blue\n"},
    {"make", make(R"("colour":1)"), "/colour: must be one of red, green, blue\n"},
};
INSTANTIATE_TEST_SUITE_P(Scalars, CommandFaults, ::testing::ValuesIn(integer_cases));

const Case text_cases[] = {
    {"make", R"({"name":"","stock":1})", "/name: " + ident_rule + "\n"},
    {"make", R"({"name":"a b","stock":1})", "/name: " + ident_rule + "\n"},
    {"make", R"({"name":"a/b","stock":1})", "/name: " + ident_rule + "\n"},
    {"make", R"({"name":"a\u0000","stock":1})", "/name: " + ident_rule + "\n"},
    {"make", R"({"name":"a\u0085","stock":1})", "/name: " + ident_rule + "\n"},
    {"make", R"({"name":"a\u3000","stock":1})", "/name: " + ident_rule + "\n"},
    {"make", R"({"name":")" + std::string(129, 'a') + R"(","stock":1})",
     "/name: " + ident_rule + "\n"},
    {"make", make(R"("title":"")"), "/title: must be 1..10 bytes of text\n"},
    {"make", make(R"("title":"ääääää")"), "/title: must be 1..10 bytes of text\n"},
    {"make", make(R"("title":["a"])"), "/title: must be 1..10 bytes of text, as a JSON string\n"},
    {"make", make(R"("at":"2026-11-29")"), "/at: " + time_rule + "\n"},
    {"make", make(R"("at":"1969-12-31T23:59:59Z")"), "/at: " + time_rule + "\n"},
    {"make", make(R"("at":1764439200)"), "/at: " + time_rule + "\n"},
    {"make", make(R"("discount":{"amount_minor":1,"currency":"eur"})"),
     "/discount/currency: must be a currency code of ISO 4217 in upper case, such as EUR\n"},
    {"make", make(R"("discount":{"amount_minor":1,"currency":"ABC"})"),
     "/discount/currency: must be a currency code of ISO 4217 in upper case, such as EUR\n"},
};
INSTANTIATE_TEST_SUITE_P(Texts, CommandFaults, ::testing::ValuesIn(text_cases));

const Case nested_cases[] = {
    {"make", make(R"("discount":{})"), variants_rule},
    {"make", make(R"("discount":{"percent":1,"amount_minor":1})"), variants_rule},
    {"make", make(R"("discount":{"percent":1,"currency":"EUR"})"), variants_rule},
    {"make", make(R"("discount":{"amount_minor":1})"), "/discount/currency: is missing\n"},
    {"make", make(R"("discount":{"percent":0})"), "/discount/percent: must be 1..100\n"},
    {"make", make(R"("discount":5)"), "/discount: must be an object\n"},
    {"make", make(R"("parts":{})"), "/parts: must be an array\n"},
    {"make", make(R"("parts":[{"sku":"a"},{"count":0},7])"),
     "/parts/1/sku: is missing\n/parts/1/count: must be 1..10000\n/parts/2: must be an object\n"},
    {"make", make(R"("parts":[{"sku":"a"},{"sku":"b"},{"sku":"a"}])"),
     "/parts/2/sku: is the same as in item 0\n"},
    {"make", make(R"("parts":[{"sku":"a"},{"sku":"b"},{"sku":"c"},{"sku":"d"}])"),
     "/parts: must have 0..3 items\n"},
    {"make", make(R"("tags":[])"), "/tags: must have 1..4 items\n"},
    {"make", make(R"("tags":["a",null])"), "/tags/1: must not be null: leave it out\n"},
    {"make", make(R"("tags":["a","b","b"])"), "/tags/2: is the same as in item 1\n"},
    {"make", make(R"("numbers":[1,6,1])"),
     "/numbers/1: must be -5..5\n/numbers/2: is the same as in item 0\n"},
    {"reply", R"({"answer":true})", union_rule},
    {"reply", R"({"answer":{}})", union_rule},
    {"reply", R"({"answer":null})", "/answer: must not be null\n"},
    {"reply", R"({"answer":[1]})", "/answer/0: must be 1..10 bytes of text, as a JSON string\n"},
    {"reply", R"({"answer":[]})", "/answer: must have 1..3 items\n"},
    {"reply", R"({"answer":""})", "/answer: must be 1..10 bytes of text\n"},
};
INSTANTIATE_TEST_SUITE_P(Nested, CommandFaults, ::testing::ValuesIn(nested_cases));

}  // namespace
}  // namespace spate::test
