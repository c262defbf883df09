// Schemas that say nothing usable are refused at start, by domain, table and field, with a remedy.
#include <gtest/gtest.h>

#include "engine/codec/catalog.hpp"
#include "tests/support/schema_text.hpp"

namespace spate::test {
namespace {

/// A whole domain around the table of one command (and what stands before it).
std::string with_command(const std::string& command, const std::string& before = "") {
  return "include \"attributes.fbs\"; namespace spate.odd;\n" + before + "\n" + command + R"(
union Command { Do = 1 }
table Done { x:int (id:0); }
union Event { Done = 1 }
enum Rejection : ushort { no = 1 }
struct R { x:long; }
union Row { R = 1 }
table V (stream_view) { v:string (id:0, key); }
union View { V = 1 }
)";
}

std::string fault_of(const std::string& fbs) {
  const ToyDomain domain("odd", fbs);
  const auto loaded = Catalog::load({&domain.domain, 1});
  return loaded ? "none" : loaded.error().code + " " + loaded.error().detail;
}

std::string fault_of_command(const std::string& fields, const std::string& before = "") {
  return fault_of(with_command("table Do { " + fields + " }", before));
}

constexpr std::string_view prefix = "schema_invalid schemas/odd.fbs: ";

/// The fault must begin with `begin`, after its code and the schema's name.
void expect_fault(const std::string& fault, std::string_view begin) {
  EXPECT_EQ(fault.substr(0, prefix.size() + begin.size()),
            std::string(prefix) + std::string(begin));
}

TEST(SchemaFaults, NoneInASchemaThatKeepsTheRules) {
  EXPECT_EQ(fault_of_command("x:int (id:0);"), "none");
}

TEST(SchemaFaults, NameDomainTableAndFieldAndSayWhatToWriteInstead) {
  expect_fault(fault_of_command("x:int (id:0, needed);"),
               "Do.x: a needed scalar is written `= null (needed)`");
}

TEST(SchemaFaults, AreFoundInFieldsOfCommands) {
  const std::pair<const char*, const char*> cases[] = {
      {"x:int;", "Do.x: fields of tables need an explicit (id:N)"},
      {"Xy:int (id:0);", "Do.Xy: write the name in snake_case"},
      {"x:long (id:0, time);", "Do.x: a time is written `= null`"},
      {"x:int = null (id:0, time);", "Do.x: a time is a `long`"},
      {"x:string (id:0, money);", "Do.x: money is an integer"},
      {"x:int (id:0, ident);", "Do.x: ident, currency and max_bytes are for texts"},
      {"x:string (id:0, min:1);", "Do.x: min and max are for numbers"},
      {"x:int (id:0, max_items:1);", "Do.x: min_items, max_items and distinct are for lists"},
      {"x:[int] (id:0);", "Do.x: a list of a command needs max_items"},
      {"x:int = 1 (id:0, min:2);", "Do.x: the default lies outside min..max"},
      {"x:int = 1 (id:0, min:2, max:1);", "Do.x: min is larger than max"},
      {"x:int = 1 (id:0, max:\"lots\");", "Do.x: max needs an integer: max:1"},
      {"x:int (id:0, filter);", "Do.x: `filter` is for views only"},
      {"x:int (id:0, derived);", "Do.x: `derived` is for views only"},
  };
  for (const auto& [fields, fault] : cases) expect_fault(fault_of_command(fields), fault);
}

TEST(SchemaFaults, AreFoundInNestedTables) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"struct P { x:int; }", "p:P (id:0);", "P: structs are for rows only"},
      {"attribute \"odd\"; table P { x:int (id:0, odd); }", "p:P (id:0);",
       "P.x: unknown attribute 'odd'"},
      {"table P (one_of:\"a|c\") { a:int = null (id:0); b:int = null (id:1); }", "p:P (id:0);",
       "P.c: one_of names a field that is not there"},
      {"table P (one_of:\"a|b\") { a:int (id:0); b:int = null (id:1); }", "p:P (id:0);",
       "P.a: fields of a one_of may be absent"},
      {"table P (json_union:\"string|date\") { a:string (id:0); }", "p:P (id:0);",
       "P: json_union knows string, number and strings, not 'date'"},
      {"table P (json_union:\"string|number\") { a:string (id:0); b:double (id:1); }",
       "p:P (id:0);", "P: json_union has 'number' but no field for it"},
      {"table P { a:int (id:0); }", "p:[P] (id:0, max_items:2, distinct:\"b\");",
       "Do.p: distinct names no field of the list's items"},
  };
  for (const auto& [before, fields, fault] : cases)
    expect_fault(fault_of_command(fields, before), fault);
}

TEST(SchemaFaults, AreFoundInUnionsRejectionsAndViews) {
  const std::string good = with_command("table Do { x:int (id:0); }");
  const auto replaced = [&](const std::string& what, const std::string& by) {
    std::string text = good;
    text.replace(text.find(what), what.size(), by);
    return fault_of(text);
  };
  expect_fault(replaced("union Row { R = 1 }", ""), "Row: no union of this name");
  expect_fault(replaced("union Event { Done = 1 }", "union Event { R = 1 }"),
               "Event.R: a member must be a table");
  expect_fault(replaced("no = 1", "no = 0"), "Rejection.no: a rejection is numbered");
  expect_fault(replaced("no = 1", "No = 1"), "Rejection.No: a rejection is its own code");
  expect_fault(replaced("table V (stream_view)", "table V"),
               "V: a view is marked with exactly one of");
  expect_fault(replaced("table V (stream_view)", "table V (item_view:\"vs\")"),
               "View: exactly one member must be marked (stream_view)");
  expect_fault(replaced("table V (stream_view)", "table V (item_view:\"commands\")"),
               "V: 'commands' cannot be a segment of a URL");
  expect_fault(replaced("table Done { x:int", "table Done { type:int"),
               "Done.type: an event is shown with its own name");
  expect_fault(replaced("(id:0, key);", "(id:0, key); d:int (id:1, derived);"),
               "V.d: a derived field is a scalar with `= null`");
}

TEST(SchemaFaults, IncludeBytesThatAreNoSchema) {
  const std::string garbage(64, 'x');
  const Domain domain{"odd", nullptr, nullptr, as_bytes(garbage)};
  const auto loaded = Catalog::load({&domain, 1});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().detail,
            "schemas/odd.fbs: this is no binary schema: build it with flatc -b --schema");
}

TEST(SchemaDigests, ChangeWithRowsAndViewsAlone) {
  const std::string good = with_command("table Do { x:int (id:0); }");
  struct Digests {
    uint64_t rows, views;
  };
  const auto digests = [](const std::string& fbs) {
    const ToyDomain domain("odd", fbs);
    const auto loaded = Catalog::load({&domain.domain, 1});
    const DomainPlan& plan = (*loaded)->domains().front();
    return Digests{plan.row_schema_digest, plan.view_schema_digest};
  };
  const Digests first = digests(good);
  std::string grown = good;
  grown.replace(grown.find("struct R { x:long; }"), 20, "struct R { x:long; y:long; }");
  EXPECT_NE(digests(grown).rows, first.rows);
  EXPECT_EQ(digests(grown).views, first.views);
  std::string other_command = with_command("table Do { z:long (id:0); }");
  EXPECT_EQ(digests(other_command).rows, first.rows);
  EXPECT_EQ(digests(other_command).views, first.views);
}

TEST(SchemaFaults, AreVersionsOfAnEventWithAGap) {
  const auto fault_of_events = [](std::string tables, const std::string& members) {
    std::string fbs = with_command("table Do { x:int (id:0); }");
    const std::string before = "union Event { Done = 1 }";
    fbs.replace(fbs.find(before), before.size(), tables + "union Event { Done = 1" + members + " }");
    return fault_of(fbs);
  };
  const std::string second = "table DoneV2 { x:int (id:0); } ", third = "table DoneV3 { x:int (id:0); } ";
  EXPECT_EQ(fault_of_events(second + third, ", DoneV2 = 2, DoneV3 = 3"), "none");
  expect_fault(fault_of_events(third, ", DoneV3 = 3"),
               "DoneV3: it is version 3 of Done, but union Event has no DoneV2");
  expect_fault(fault_of_events("table SentV2 { x:int (id:0); } ", ", SentV2 = 2"),
               "SentV2: it is version 2 of Sent, but union Event has no Sent");
  expect_fault(fault_of_events("table DoneV1 { x:int (id:0); } ", ", DoneV1 = 2"),
               "DoneV1: versions of an event are called Added, AddedV2, AddedV3");
}

}  // namespace
}  // namespace spate::test
