// The pass over all partitions, and the report.
#include "engine/replay/audit.hpp"

#include "engine/replay/partition_audit.hpp"

namespace spate {
namespace {

constexpr std::size_t read_bytes = 4 << 20;

Result<void> audit_partition(Log& log, PartitionAudit& partition) {
  uint64_t next = 1;
  for (;;) {
    TRY(const BatchPtr batch, log.read(LogSide::outcomes, partition.id(), next, read_bytes));
    if (batch == nullptr || batch->empty()) return {};
    for (const RecordView record : *batch)
      if (record.head.number >= next) partition.take(record);
    if (batch->last() < next) return {};
    next = batch->last() + 1;
  }
}

const Domain* find_domain(std::span<const Domain> domains, std::string_view name) {
  for (const Domain& domain : domains)
    if (domain.name == name) return &domain;
  return nullptr;
}

void append_count(std::string& text, const std::string& name, const AuditCount& count) {
  const auto number = [&](uint64_t value, const char* what) {
    text += std::to_string(value) + " " + what;
  };
  text += name + ": ";
  number(count.outcomes, "outcomes (");
  number(count.accepted, "accepted, ");
  number(count.rejected, "rejected, ");
  number(count.others, "others), ");
  number(count.events, "events in ");
  number(count.streams, count.streams == 1 ? "stream" : "streams");
  if (count.streams_compared > 0) {
    text += ", ";
    number(count.streams_compared, "compared with their views");
  }
  text += '\n';
}

}  // namespace

Result<AuditReport> audit(Log& log, std::span<const Domain> domains, ViewStore* views) {
  AuditReport report;
  for (const DomainPlace& place : log.topology().domains()) {
    const Domain* domain = find_domain(domains, place.name);
    if (domain == nullptr)
      return stop("unknown_domain",
                  "the log holds domain '" + place.name +
                      "', which this binary does not have: use the one that wrote it");
    for (uint16_t i = 0; i < place.partitions; ++i) {
      PartitionAudit partition(*domain, place, {place.number, i}, report);
      TRY(audit_partition(log, partition));
      TRY(partition.finish(views));
    }
  }
  return report;
}

std::string AuditReport::text() const {
  std::string text;
  for (const auto& [name, count] : domains) append_count(text, name, count);
  for (const AuditFinding& finding : findings) {
    text += "broken: partition " + finding.domain + "/" +
            std::to_string(finding.partition.index);
    if (finding.sequence.value != 0) text += ", sequence " + std::to_string(finding.sequence.value);
    if (!finding.stream.empty()) text += ", stream '" + finding.stream + "'";
    text += ": " + finding.law + "\n";
  }
  if (findings_total > findings.size())
    text += "and " + std::to_string(findings_total - findings.size()) + " more\n";
  text += holds() ? "every law holds\n" : std::to_string(findings_total) + " laws broken\n";
  return text;
}

}  // namespace spate
