// Audit: proves a log from its outcomes alone, and the views against it.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "engine/api/domain.hpp"
#include "engine/log/log.hpp"
#include "engine/projector/view_store.hpp"

namespace spate {

/// What was counted in one domain.
struct AuditCount {
  uint64_t outcomes = 0;
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t others = 0;  ///< refused, key_reused, parked, controlled, …
  uint64_t events = 0;
  uint64_t streams = 0;                     ///< with at least one event
  uint64_t streams_compared = 0;            ///< whose views were compared with their events
  std::map<uint16_t, uint64_t> rejections;  ///< by their code
};

/// One law found broken, and where.
struct AuditFinding {
  PartitionId partition;
  std::string domain;  ///< whose partition it is
  Sequence sequence;   ///< 0 = of the stream or partition as a whole
  std::string stream;  ///< empty = of the partition
  std::string law;
};

struct AuditReport {
  std::map<std::string, AuditCount> domains;
  std::vector<AuditFinding> findings;  ///< the first `findings_max` of them
  uint64_t findings_total = 0;

  static constexpr std::size_t findings_max = 100;
  bool holds() const { return findings_total == 0; }
  /// For people: counts by domain, then every finding with its place; ends with the verdict.
  std::string text() const;
};

/// Reads every durable outcome once. Of each partition: record checksums, dense sequences, the hash
/// chain, times and causes that never go back, streams in the partition of their key, no command id
/// with two effects. Of each stream: the laws of its domain, where it states any; and, when `views`
/// is given and stands where the log ends, that its views agree. Memory: 24 bytes a decided command
/// of the largest partition, and the facts that its domain's laws keep.
/// Faults: those of reading; a broken law is a finding, not a fault.
Result<AuditReport> audit(Log& log, std::span<const Domain> domains, ViewStore* views = nullptr);

}  // namespace spate
