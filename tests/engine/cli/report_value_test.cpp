// Reports of verification as values: everything that the text says, for programs.
#include "engine/cli/report_value.hpp"

#include <gtest/gtest.h>

namespace spate::cli {
namespace {

std::string json_of(const JsonValue& value) {
  std::string text;
  JsonWriter writer(text);
  value.write(writer);
  return text;
}

AuditReport audited() {
  AuditReport report;
  report.domains["orders"] = {.outcomes = 9, .accepted = 4, .rejected = 3, .others = 2,
                              .events = 5, .streams = 1, .streams_compared = 1, .rejections = {}};
  return report;
}

TEST(ReportValue, SaysThatEveryLawHoldsAndWhatWasCounted) {
  EXPECT_EQ(json_of(value_of(audited())),
            R"({"holds":true,"domains":[{"domain":"orders","outcomes":9,"accepted":4,)"
            R"("rejected":3,"others":2,"events":5,"streams":1,"streams_compared":1}],)"
            R"("broken":[],"broken_total":0})");
}

TEST(ReportValue, NamesThePlaceOfEveryBrokenLaw) {
  AuditReport report = audited();
  report.findings = {{{4, 3}, "orders", {17}, "o-1", "sequences are dense"}};
  report.findings_total = 120;
  const std::string json = json_of(value_of(report));
  EXPECT_NE(json.find(R"({"holds":false,)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("broken":[{"partition":"orders/3","sequence":17,"stream":"o-1",)"
                      R"("law":"sequences are dense"}],"broken_total":120})"),
            std::string::npos)
      << json;
}

TEST(ReportValue, OfAReplayAddsWhereTheDirectoryDiffers) {
  ReplayReport report;
  report.audit = audited();
  report.partitions = 8;
  report.notes = {"rows of orders/0 are of another schema"};
  report.findings = {"views of orders/1 are not what the log says"};
  const std::string json = json_of(value_of(report));
  EXPECT_TRUE(json.starts_with(
      R"({"holds":false,"partitions":8,"outcomes":0,"milliseconds":0,"rows_compared":0,)"
      R"("rows_unstored":0,"views_compared":0,"views_unstored":0,"digests_agreed":0,)"
      R"("differences":["views of orders/1 are not what the log says"],"notes":["rows of orders/0 are of another schema"],"audit":{"holds":true,)"))
      << json;
}

}  // namespace
}  // namespace spate::cli
