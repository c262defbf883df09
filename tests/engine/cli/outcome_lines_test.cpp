// Outcomes for programs and for people: a line each, a document each, or a table that grows.
#include "engine/cli/outcome_lines.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace spate::cli {
namespace {

constexpr std::string_view accepted =
    R"({"stream":"a","command":"open","outcome":"accepted","command_id":"1","position":"p",)"
    R"("at":"2026-11-25T14:00:00Z","events":[{"type":"opened","stock":2},{"type":"other"}]})";
constexpr std::string_view rejected =
    R"({"stream":"campaign-2","command":"redeem","outcome":"rejected","command_id":"2",)"
    R"("position":"q","at":"2026-11-25T14:00:01Z","code":"sold_out","details":{"remaining":0}})";

std::string printed(const std::string& output) {
  std::ostringstream out;
  OutcomeLines lines(output, {{"at", 20}, {"stream", 8}, {"command", 7}, {"outcome", 8}});
  lines.print(accepted, out);
  lines.print(rejected, out);
  return out.str();
}

TEST(OutcomeLines, AreJsonAsTheyCame) {
  EXPECT_EQ(printed("json"), std::string(accepted) + "\n" + std::string(rejected) + "\n");
}

TEST(OutcomeLines, AreDocumentsOfYaml) {
  const std::string yaml = printed("yaml");
  EXPECT_EQ(yaml.substr(0, 38), "---\nstream: \"a\"\ncommand: \"open\"\noutcom");
  EXPECT_NE(yaml.find("---\nstream: \"campaign-2\"\n"), std::string::npos) << yaml;
  EXPECT_NE(yaml.find("details:\n  remaining: 0\n"), std::string::npos) << yaml;
}

TEST(OutcomeLines, AreATableThatSaysWhatHappened) {
  EXPECT_EQ(printed("table"),
            "at                    stream    command  outcome   what\n"
            "2026-11-25T14:00:00Z  a         open     accepted  opened, other\n"
            "2026-11-25T14:00:01Z  campaign-2  redeem   rejected  sold_out {\"remaining\":0}\n");
}

TEST(OutcomeLines, SayWhyACommandWasParked) {
  std::ostringstream out;
  const std::string output = "table";
  OutcomeLines lines(output, {{"command", 7}});
  lines.print(R"({"command":"redeem","outcome":"parked","reason":"it threw"})", out);
  EXPECT_EQ(out.str(), "command  what\nredeem   it threw\n");
}

}  // namespace
}  // namespace spate::cli
