// Schema verify: decodes the whole history of a stopped directory with this binary's schemas.
#pragma once
#include <string>
#include <vector>

#include "engine/codec/catalog.hpp"
#include "engine/log/log.hpp"

namespace spate {

struct SchemaReport {
  uint64_t partitions = 0;
  uint64_t outcomes = 0;
  uint64_t events = 0;
  uint64_t commands = 0;
  double seconds = 0;
  std::vector<std::string> findings;  ///< the first `findings_max`, each with its place
  uint64_t findings_total = 0;

  static constexpr std::size_t findings_max = 100;
  bool holds() const { return findings_total == 0; }
  /// For people; ends with the verdict.
  std::string text() const;
};

/// Every outcome and every command of every partition, `threads` partitions at a time. The log must
/// let any thread read its commands (Numbering::owner). Requires: threads > 0. Faults:
/// `unknown_domain`; of reading.
Result<SchemaReport> verify_schemas(Log& log, const Catalog& catalog, unsigned threads);

}  // namespace spate
