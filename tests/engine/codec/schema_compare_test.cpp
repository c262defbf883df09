// Each kind of change to a schema: those that would misread history are named, with a remedy.
#include "engine/codec/schema_compare.hpp"

#include <gtest/gtest.h>

#include "tests/support/schema_text.hpp"

namespace spate::test {
namespace {

/// A domain of one event; each part may be another in a test.
struct Parts {
  std::string colour = "enum Colour : ubyte { red = 1, green = 2 }";
  std::string item = "table Item { sku:string (id:0); count:int (id:1); }";
  std::string done = "who:string (id:0); amount:uint (id:1); at:long = null (id:2, time); "
                     "colour:Colour = red (id:3); items:[Item] (id:4); rest:int = 7 (id:5);";
  std::string command = "table Do { x:int (id:0); }";
  std::string commands = "Do = 1";
  std::string others = "table Undone { x:int (id:0); }";
  std::string events = "Done = 1, Undone = 2";
  std::string rejections = "no = 1, later = 2";

  std::string binary() const {
    return compile_schema_text("include \"attributes.fbs\"; namespace spate.odd;\n" + colour + item +
                               "table Done {" + done + "}\n" + others + command +
                               "union Command {" + commands + "} union Event {" + events +
                               "} enum Rejection : ushort {" + rejections + "}");
  }
};

/// The text of what is found between the usual parts and `after`.
std::string changes(const Parts& after, const Parts& before = {}) {
  const std::string old = before.binary(), fresh = after.binary();
  const auto found = misreading_changes(as_bytes(old), as_bytes(fresh));
  return found ? text_of_changes("odd", *found) : found.error().code;
}

Parts with_done(const std::string& fields) {
  Parts parts;
  parts.done = fields;
  return parts;
}

/// Exactly one finding, at `place`, which says `what` and gives `remedy`.
void expect_one(const std::string& text, const std::string& place, const std::string& what,
                const std::string& remedy) {
  EXPECT_EQ(text.substr(0, 5 + place.size()), "odd: " + place) << text;
  EXPECT_NE(text.find(what), std::string::npos) << text;
  EXPECT_NE(text.find(remedy, text.find("; ")), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
}

constexpr const char* tail =
    "at:long = null (id:2, time); colour:Colour = red (id:3); items:[Item] (id:4); "
    "rest:int = 7 (id:5);";

TEST(SchemaCompare, FindsNothingInTheSameSchema) { EXPECT_EQ(changes({}), ""); }

TEST(SchemaCompare, LetsGrowWhatMayGrow) {
  Parts parts;
  parts.colour = "enum Colour : ubyte { red = 1, green = 2, blue = 3 }";
  parts.item = "table Item { sku:string (id:0); count:int (id:1); more:string (id:2); }";
  parts.done += "fresh:string (id:6); number:int = 9 (id:7);";
  parts.command = "table Do { x:int (id:0); y:int = null (id:1); } table Redo { x:int (id:0); }";
  parts.commands = "Do = 1, Redo = 2";
  parts.others = "table Undone { x:int (id:0); } table Again { x:int (id:0); }";
  parts.events = "Done = 1, Undone = 2, Again = 3";
  parts.rejections = "no = 1, later = 2, never = 3";
  EXPECT_EQ(changes(parts), "");
}

TEST(SchemaCompare, LetsFieldsBeDeprecatedAndWrittenInAnotherOrder) {
  EXPECT_EQ(changes(with_done("amount:uint (id:1, deprecated); who:string (id:0); " +
                              std::string(tail))),
            "");
}

TEST(SchemaCompare, LetsRowsAndViewsChange) {
  Parts before, after;
  before.others += "struct R { x:long; } union Row { R = 1 } table V { a:int (id:0); }"
                   "union View { V = 1 }";
  after.others += "struct R { x:int; y:int; } union Row { R = 1 } table V { b:string (id:0); }"
                  "union View { V = 1 }";
  EXPECT_EQ(changes(after, before), "");
}

TEST(SchemaCompare, NamesAChangedType) {
  expect_one(changes(with_done("who:string (id:0); amount:ulong (id:1); " + std::string(tail))),
             "Done.amount", "its type was uint, now it is ulong", "mark it (deprecated)");
  expect_one(changes(with_done("who:[string] (id:0); amount:uint (id:1); " + std::string(tail))),
             "Done.who", "its type was string, now it is [string]", "next free id");
  expect_one(changes(with_done("who:string (id:0); amount:Colour = red (id:1); " +
                               std::string(tail))),
             "Done.amount", "its type was uint, now it is Colour", "next free id");
  Parts parts;
  parts.colour = "enum Colour : ushort { red = 1, green = 2 }";
  expect_one(changes(parts), "Done.colour", "its type was Colour", "mark it (deprecated)");
}

TEST(SchemaCompare, NamesAChangeInsideOfWhatAFieldIsMadeOf) {
  Parts parts;
  parts.item = "table Item { sku:string (id:0); count:long (id:1); }";
  expect_one(changes(parts), "Item.count", "its type was int, now it is long", "put the type back");
}

TEST(SchemaCompare, NamesASlotThatBelongsToAnotherName) {
  expect_one(changes(with_done("who:string (id:0); price:uint (id:1); " + std::string(tail))),
             "Done.amount", "its id 1 belongs to price now", "marked (deprecated)");
}

TEST(SchemaCompare, NamesARemovedSlot) {
  expect_one(changes(with_done("who:string (id:0); amount:uint (id:1); at:long = null (id:2, time); "
                               "colour:Colour = red (id:3); items:[Item] (id:4);")),
             "Done.rest", "it is gone, and its id 5 free", "its id stays taken");
}

TEST(SchemaCompare, NamesReorderedFields) {
  const std::string text =
      changes(with_done("who:string (id:1); amount:uint (id:0); " + std::string(tail)));
  EXPECT_EQ(text,
            "odd: Done.amount: its id was 1, now it is 0; give it (id:1) back; order in the file "
            "does not matter\n"
            "odd: Done.who: its id was 0, now it is 1; give it (id:0) back; order in the file does "
            "not matter\n");
}

TEST(SchemaCompare, NamesAChangedDefault) {
  const std::string head = "who:string (id:0); amount:uint (id:1); at:long = null (id:2, time); ";
  const std::string rest = " items:[Item] (id:4); ";
  expect_one(changes(with_done(head + "colour:Colour = red (id:3);" + rest + "rest:int = 8 (id:5);")),
             "Done.rest", "what was left out was 7, now it would be read as 8", "never written");
  expect_one(changes(with_done(head + "colour:Colour = green (id:3);" + rest +
                               "rest:int = 7 (id:5);")),
             "Done.colour", "was 1, now it would be read as 2", "put the default back");
  expect_one(changes(with_done(head + "colour:Colour = red (id:3);" + rest +
                               "rest:int = null (id:5);")),
             "Done.rest", "was 7, now it would be read as null", "put the default back");
  expect_one(changes(with_done("who:string (id:0); amount:uint (id:1); at:long (id:2); "
                               "colour:Colour = red (id:3);" + rest + "rest:int = 7 (id:5);")),
             "Done.at", "was null, now it would be read as 0", "put the default back");
}

TEST(SchemaCompare, NamesWhatIsNeededNowAndLetsItBeLeftOut) {
  Parts needed, free;
  needed.command = "table Do { x:int (id:0); name:string (id:1, needed); }";
  free.command = "table Do { x:int (id:0); name:string (id:1); }";
  expect_one(changes(needed, free), "Do.name", "it could be left out, now it is needed",
             "refuse new commands without it in the handler");
  EXPECT_EQ(changes(free, needed), "");
  expect_one(changes(needed), "Do.name", "it is new and needed, and history has none",
             "let it be left out");
  expect_one(changes(with_done("who:string (id:0, required); amount:uint (id:1); " +
                               std::string(tail))),
             "Done.who", "now it is needed", "let it be left out");
}

TEST(SchemaCompare, NamesChangedEnumValues) {
  Parts parts;
  parts.colour = "enum Colour : ubyte { red = 1, green = 3 }";
  expect_one(changes(parts), "Colour", "green was 2, now it is 3", "its number 2 back");
  parts.colour = "enum Colour : ubyte { red = 1, blue = 2 }";
  expect_one(changes(parts), "Colour", "2 was green, now it is blue", "a number of its own");
  parts.colour = "enum Colour : ubyte { red = 1 }";
  expect_one(changes(parts), "Colour", "the value green = 2 is gone", "put it back");
  parts.colour = "enum Colour : ubyte { green = 1, red = 2 }";
  EXPECT_NE(changes(parts).find("red was 1, now it is 2"), std::string::npos);
  EXPECT_NE(changes(parts).find("green was 2, now it is 1"), std::string::npos);
}

TEST(SchemaCompare, NamesChangedMembersAndRejections) {
  Parts parts;
  parts.events = "Done = 1";
  expect_one(changes(parts), "Event", "the member Undone = 2 is gone", "put it back");
  parts.events = "Undone = 1, Done = 2";
  EXPECT_NE(changes(parts).find("odd: Event: Done was 1, now it is 2"), std::string::npos);
  parts = {};
  parts.others = "table Redone { x:int (id:0); }";
  parts.events = "Done = 1, Redone = 2";
  expect_one(changes(parts), "Event", "2 was Undone, now it is Redone", "keeps its name for ever");
  parts = {};
  parts.command = "table Try { x:int (id:0); }";
  parts.commands = "Try = 1";
  expect_one(changes(parts), "Command", "1 was Do, now it is Try", "keep Do");
  parts = {};
  parts.rejections = "no = 1";
  expect_one(changes(parts), "Rejection", "the value later = 2 is gone", "put it back");
}

TEST(SchemaCompare, NamesAnyChangeOfAStruct) {
  const auto with_struct = [](const std::string& fields) {
    Parts parts;
    parts.item = "struct P {" + fields + "} table Item { sku:string (id:0); p:P (id:1); }";
    return parts;
  };
  const Parts before = with_struct("x:int; y:int;");
  expect_one(changes(with_struct("x:int; y:int; z:int;"), before), "P.z", "a struct grew",
             "a struct never changes");
  EXPECT_NE(changes(with_struct("y:int; x:int;"), before).find("P.x: its id was 0, now it is 1"),
            std::string::npos);
  Parts table = before;
  table.item = "table P { x:int (id:0); y:int (id:1); } table Item { sku:string (id:0); p:P (id:1); }";
  expect_one(changes(table, before), "P", "it was a struct, now it is a table", "put it back");
}

TEST(SchemaCompare, RefusesWhatIsNoSchema) {
  const std::string good = Parts{}.binary();
  for (const std::string& bad : {std::string(), std::string("BFBS"), std::string(900, '\xff'),
                                 good.substr(0, good.size() / 2)}) {
    EXPECT_EQ(misreading_changes(as_bytes(bad), as_bytes(good)).error().code, "schema_invalid");
    EXPECT_EQ(misreading_changes(as_bytes(good), as_bytes(bad)).error().code, "schema_invalid");
  }
  const std::string none = compile_schema_text("table T { x:int (id:0); }");
  EXPECT_EQ(misreading_changes(as_bytes(good), as_bytes(none)).error().code, "schema_invalid");
}

TEST(SchemaCompare, NamesAnUpcasterAsTheOtherRemedyOfAnEvent) {
  Parts item;
  item.item = "table Item { sku:string (id:0); count:ulong (id:1); }";
  EXPECT_NE(changes(item).find("write an upcaster: a new version of the event, DoneV2, in a table"),
            std::string::npos)
      << changes(item);
  Parts before, after;
  before.others = after.others = "table Undone { x:int (id:0); } table DoneV2 { x:int (id:0); }";
  before.events = after.events = "Done = 1, Undone = 2, DoneV2 = 3";
  after.done = "who:string (id:0); amount:int (id:1); " + std::string(tail);
  EXPECT_NE(changes(after, before).find("a new version of the event, DoneV3,"), std::string::npos)
      << changes(after, before);
  after = before;
  after.events = "Done = 1, Undone = 2, DoneV2 = 3, UndoneV2 = 4";
  after.others += "table UndoneV2 { x:string (id:0); }";
  EXPECT_EQ(changes(after, before), "") << "a new version beside the old one is fine";
  after = before;
  after.command = "table Do { x:string (id:0); }";
  EXPECT_EQ(changes(after, before).find("upcaster"), std::string::npos) << "commands have none";
}

}  // namespace
}  // namespace spate::test
