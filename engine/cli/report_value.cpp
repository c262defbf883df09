// Members stand in the order in which the text for people says them.
#include "engine/cli/report_value.hpp"

#include <ostream>

#include "engine/cli/client.hpp"

namespace spate::cli {
namespace {

JsonValue count_value(const std::string& domain, const AuditCount& count) {
  return object_value({{"domain", text_value(domain)},
                       {"outcomes", integer_value(count.outcomes)},
                       {"accepted", integer_value(count.accepted)},
                       {"rejected", integer_value(count.rejected)},
                       {"others", integer_value(count.others)},
                       {"events", integer_value(count.events)},
                       {"streams", integer_value(count.streams)},
                       {"streams_compared", integer_value(count.streams_compared)}});
}

JsonValue finding_value(const AuditFinding& finding) {
  const std::string partition = finding.domain + "/" + std::to_string(finding.partition.index);
  JsonValue value = object_value({{"partition", text_value(partition)}});
  if (finding.sequence.value != 0)
    value.members.emplace_back("sequence", integer_value(finding.sequence.value));
  if (!finding.stream.empty()) value.members.emplace_back("stream", text_value(finding.stream));
  value.members.emplace_back("law", text_value(finding.law));
  return value;
}

JsonValue texts(const std::vector<std::string>& all) {
  JsonValue list = list_value();
  for (const std::string& text : all) list.items.push_back(text_value(text));
  return list;
}

}  // namespace

JsonValue value_of(const AuditReport& report) {
  JsonValue domains = list_value(), broken = list_value();
  for (const auto& [name, count] : report.domains)
    domains.items.push_back(count_value(name, count));
  for (const AuditFinding& finding : report.findings)
    broken.items.push_back(finding_value(finding));
  return object_value({{"holds", boolean_value(report.holds())},
                       {"domains", std::move(domains)},
                       {"broken", std::move(broken)},
                       {"broken_total", integer_value(report.findings_total)}});
}

JsonValue value_of(const ReplayReport& report) {
  return object_value({{"holds", boolean_value(report.holds())},
                       {"partitions", integer_value(report.partitions)},
                       {"outcomes", integer_value(report.outcomes)},
                       {"milliseconds", integer_value(static_cast<uint64_t>(report.seconds * 1e3))},
                       {"rows_compared", integer_value(report.rows.compared)},
                       {"rows_unstored", integer_value(report.rows.unstored)},
                       {"views_compared", integer_value(report.views.compared)},
                       {"views_unstored", integer_value(report.views.unstored)},
                       {"digests_agreed", integer_value(report.digests)},
                       {"differences", texts(report.findings)},
                       {"notes", texts(report.notes)},
                       {"audit", value_of(report.audit)}});
}

JsonValue value_of(const SchemaReport& report) {
  return object_value({{"holds", boolean_value(report.holds())},
                       {"partitions", integer_value(report.partitions)},
                       {"outcomes", integer_value(report.outcomes)},
                       {"events", integer_value(report.events)},
                       {"commands", integer_value(report.commands)},
                       {"milliseconds", integer_value(static_cast<uint64_t>(report.seconds * 1e3))},
                       {"broken", texts(report.findings)},
                       {"broken_total", integer_value(report.findings_total)}});
}

template <class Report>
void print_report(const Report& report, const std::string& output, std::ostream& out) {
  if (output == "table") out << report.text();
  else print(value_of(report), output, out);
}
template void print_report(const AuditReport&, const std::string&, std::ostream&);
template void print_report(const ReplayReport&, const std::string&, std::ostream&);
template void print_report(const SchemaReport&, const std::string&, std::ostream&);

}  // namespace spate::cli
