// Lines of a batch, and what a handler's own check adds to the faults of a body.
#include "tests/engine/codec/toys.hpp"

namespace spate::test {
namespace {

class BatchLines : public Toys {
 protected:
  /// `domain|stream|command|id` and the body's fields, or the faults.
  std::string read_one(std::string_view json) {
    FieldFaults faults;
    BatchLine line;
    if (!reader_.read_line(json, line, faults)) return lines(faults);
    std::string text = std::string(line.domain) + '|' + std::string(line.stream) + '|' +
                       std::string(line.command) + '|' + std::string(line.id);
    const CommandPlan& plan_of = command(line.command);
    const auto parsed = reader_.read_body(plan(), plan_of, faults);
    if (!parsed) return text + ' ' + lines(faults);
    // The texts are still those of the line.
    EXPECT_EQ(line.domain, text.substr(0, line.domain.size()));
    return text + ' ' + fields(*plan_of.table, parsed->payload);
  }
};

TEST_F(BatchLines, NameTheirCommandAndMayLeaveOutIdAndBody) {
  EXPECT_EQ(read_one(R"({"domain":"toys","stream":"s","command":"tick"})"), "toys|s|tick| {}");
  EXPECT_EQ(
      read_one(R"({"body":{"answer":1},"id":"k","command":"reply","stream":"s","domain":"toys"})"),
      R"(toys|s|reply|k {"answer":1})");
}

TEST_F(BatchLines, PointIntoTheLine) {
  EXPECT_EQ(read_one(R"({"domain":"toys","stream":"s","command":"reply","body":{"anser":1}})"),
            "toys|s|reply| /body/anser: is not a member of this object; did you mean 'answer'?\n"
            "/body/answer: is missing\n");
  EXPECT_EQ(read_one(R"({"domain":"toys","stream":"s","command":"tick","body":[]})"),
            "toys|s|tick| /body: must be a JSON object\n");
  EXPECT_EQ(read_one(R"({"domain":"toys","stream":"s","command":"tick","body":null})"),
            "toys|s|tick| /body: must be a JSON object\n");
}

TEST_F(BatchLines, TellAllFaultsOfTheLineAtOnce) {
  EXPECT_EQ(read_one("{}"), "/domain: is missing\n/stream: is missing\n/command: is missing\n");
  EXPECT_EQ(read_one("[]"), ": must be a JSON object\n");
  EXPECT_EQ(read_one(""), ": must be JSON: there is nothing but white space\n");
  EXPECT_EQ(
      read_one(
          R"({"domain":1,"stream":"s","stream":"t","command":"tick","boby":{},"body":{},"body":{}})"),
      "/domain: must be a string\n/stream: is given twice\n"
      "/boby: is not a member of this object; did you mean 'body'?\n/body: is given twice\n");
  EXPECT_EQ(
      read_one(R"({"domain":"toys","stream":"a b","command":"tick","id":""})"),
      "/stream: must be 1..128 bytes without white space, control characters or '/'\n"
      "/id: must be 1..255 visible ASCII characters without quote, comma, semicolon, backslash\n");
}

TEST_F(BatchLines, TellFaultsOfNamesBesideOthers) {
  EXPECT_EQ(
      read_one(R"({"domain":1,"stream":"a b","command":"tick","id":"a,b","boby":{}})"),
      "/domain: must be a string\n/boby: is not a member of this object; did you mean 'body'?\n"
      "/stream: must be 1..128 bytes without white space, control characters or '/'\n"
      "/id: must be 1..255 visible ASCII characters without quote, comma, semicolon, backslash\n");
  EXPECT_EQ(read_one(R"({"domain":"toys","stream":null,"command":"tick","id":7})"),
            "/stream: must be a string\n/id: must be a string\n");
}

class HandlerChecks : public Toys {
 protected:
  HandlerChecks() {
    static constexpr auto no_decision = [](RowAccess&, std::string_view, Instant, Bytes,
                                           EmitCore&) { return Verdict(); };
    commands_[1].decide = commands_[2].decide = no_decision;
    commands_[1].check = [](Bytes, FieldFaults& faults) {
      faults.push_back({"/title", "must rhyme"});
      faults.push_back({"/tags/1", "must not"});
    };
    commands_[2].check = [](Bytes, FieldFaults&) { ENSURE(1 + 1 == 3); };
    domain_.handler.commands = commands_;
  }
  HandlerTable::CommandOps commands_[3];
};

TEST_F(HandlerChecks, AddTheirFaultsOnceTheSchemaIsSatisfied) {
  EXPECT_EQ(read("make", R"({"name":"a","stock":1})"), "/title: must rhyme\n/tags/1: must not\n");
  EXPECT_EQ(read("make", R"({"name":"a"})"), "/stock: is missing\n");
}

TEST_F(HandlerChecks, PointIntoTheLineOfABatch) {
  FieldFaults faults;
  BatchLine line;
  ASSERT_TRUE(reader_.read_line(
      R"({"domain":"toys","stream":"s","command":"make","body":{"name":"a","stock":1}})", line,
      faults));
  EXPECT_FALSE(reader_.read_body(plan(), command("make"), faults));
  EXPECT_EQ(lines(faults), "/body/title: must rhyme\n/body/tags/1: must not\n");
}

TEST_F(HandlerChecks, ThatFailThemselvesRefuseTheCommandAndNotTheProcess) {
  EXPECT_EQ(read("reply", R"({"answer":1})"), ": could not be checked: 1 + 1 == 3\n");
}

}  // namespace
}  // namespace spate::test
