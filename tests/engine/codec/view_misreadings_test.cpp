// Stored views under another schema: which are read right without being folded again.
#include <gtest/gtest.h>

#include <set>

#include "engine/codec/schema_compare.hpp"
#include "engine/codec/schema_digest.hpp"
#include "tests/support/schema_text.hpp"

namespace spate::test {
namespace {

struct Shown {
  std::string row = "table Row { sku:string (id:0); count:int (id:1); }";
  std::string total = "table Total (stream_view) { name:string (id:0, key); sum:long (id:1); "
                      "at:long = null (id:2, time); rows:[Row] (id:3); }";
  std::string others;
  std::string views = "Total = 1";

  std::string binary() const {
    return compile_schema_text("include \"attributes.fbs\"; namespace spate.odd;\n" + row + total +
                               others + "union View {" + views + "}");
  }
};

Shown with_total(const std::string& fields, const std::string& attributes = "stream_view") {
  Shown shown;
  shown.total = "table Total (" + attributes + ") {" + fields + "}";
  return shown;
}

std::string misread(const Shown& after, const Shown& before = {}) {
  const std::string old = before.binary(), fresh = after.binary();
  const auto found = view_misreadings(as_bytes(old), as_bytes(fresh));
  return found ? text_of_changes("odd", *found) : found.error().code;
}

constexpr const char* usual =
    "name:string (id:0, key); sum:long (id:1); at:long = null (id:2, time); rows:[Row] (id:3);";

TEST(ViewMisreadings, AreNoneWhereAFieldThatCanBeAbsentIsNew) {
  EXPECT_EQ(misread({}), "");
  EXPECT_EQ(misread(with_total(std::string(usual) + "mean:int = null (id:4); title:string (id:5); "
                                                    "last:Row (id:6);")),
            "");
}

TEST(ViewMisreadings, AreNoneWhereSomethingIsNoLongerShown) {
  EXPECT_EQ(misread(with_total("name:string (id:0, key); sum:long (id:1); gone:long (id:2, "
                               "deprecated); rows:[Row] (id:3);"),
                    with_total("name:string (id:0, key); sum:long (id:1); gone:long (id:2); "
                               "rows:[Row] (id:3);")),
            "");
  EXPECT_EQ(misread(with_total("name:string (id:0, key); sum:long (id:1);")), "");
  Shown two;
  two.others = "table More (item_view:\"more\") { key:string (id:0, key); }";
  two.views = "Total = 1, More = 2";
  EXPECT_EQ(misread({}, two), "") << "a view is gone";
  EXPECT_EQ(misread(two), "") << "a view is new, and empty";
}

TEST(ViewMisreadings, AreANewFieldThatWouldBeReadAsItsDefault) {
  EXPECT_NE(misread(with_total(std::string(usual) + "mean:int (id:4);")).find("Total.mean"),
            std::string::npos);
  EXPECT_NE(misread(with_total(std::string(usual) + "more:[Row] (id:4);")).find("Total.more"),
            std::string::npos);
  Shown item;
  item.row = "table Row { sku:string (id:0); count:int (id:1); more:int (id:2); }";
  EXPECT_NE(misread(item).find("Row.more"), std::string::npos);
}

TEST(ViewMisreadings, AreAnotherTypeSlotDefaultOrAttribute) {
  for (const char* fields :
       {"name:string (id:0, key); sum:ulong (id:1); at:long = null (id:2, time); rows:[Row] (id:3);",
        "name:string (id:0, key); all:long (id:1); at:long = null (id:2, time); rows:[Row] (id:3);",
        "name:string (id:0, key); sum:long = 1 (id:1); at:long = null (id:2, time); rows:[Row] (id:3);",
        "name:string (id:0, key); sum:long (id:1); at:long = null (id:2); rows:[Row] (id:3);",
        "sum:long (id:0); name:string (id:1, key); at:long = null (id:2, time); rows:[Row] (id:3);"})
    EXPECT_NE(misread(with_total(fields)), "") << fields;
  EXPECT_NE(misread(with_total(usual, "item_view:\"totals\"")), "") << "it lies under other keys";
}

TEST(ViewMisreadings, AreOfViewsThatHaveADigestOfTheirOwn) {
  const std::string one = Shown{}.binary();
  const std::string other = with_total(std::string(usual) + "mean:int = null (id:4);").binary();
  ASSERT_TRUE(view_schema_digest(as_bytes(one)));
  EXPECT_NE(*view_schema_digest(as_bytes(one)), *view_schema_digest(as_bytes(other)));
  EXPECT_EQ(view_schema_digest(as_bytes(std::string("rot"))).error().code, "schema_invalid");
}

TEST(ViewMisreadings, OfKeysAndOrderHaveADigestOfTheirOwnToo) {
  std::set<uint64_t> digests;
  for (const char* attributes : {"stream_view", "stream_view, newest_first", "item_view:\"totals\"",
                                 "gathered_view:\"totals\""})
    digests.insert(view_schema_digest(as_bytes(with_total(usual, attributes).binary())).value());
  EXPECT_EQ(digests.size(), 4u);
  digests.insert(view_schema_digest(
                     as_bytes(with_total(usual, "item_view:\"sums\", unlisted").binary()))
                     .value());
  EXPECT_EQ(digests.size(), 4u) << "what is only said differently is not folded again";
}

}  // namespace
}  // namespace spate::test
