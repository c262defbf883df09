// Replay verify: folds a log afresh and compares with what the directory of a stopped server keeps.
#pragma once
#include "engine/codec/catalog.hpp"
#include "engine/replay/audit.hpp"

namespace spate {

struct ReplayReport {
  AuditReport audit;
  uint64_t partitions = 0;  ///< whose rows and views were compared
  uint64_t outcomes = 0;    ///< of them, each folded into rows and into views
  /// Partitions whose stored ones were compared, and those that have outcomes and nothing stored.
  struct Kept {
    uint64_t compared = 0, unstored = 0;
    void count(uint64_t outcomes, bool is_stored);
    std::string text(const std::string& what) const;
  };
  Kept rows, views;
  uint64_t digests = 0;     ///< recorded ones at which the fold came by the same state
  double seconds = 0;       ///< that took, without the audit
  std::vector<std::string> notes;     ///< what the next start will fold again by itself
  std::vector<std::string> findings;  ///< where the directory says other than the log
  bool holds() const { return findings.empty() && audit.holds(); }
  /// For people; ends with the verdict.
  std::string text() const;
};

/// Rows and views as a start would have them, stored ones with their tail folded in, against a fold
/// from zero in `data`/replay-scratch (removed afterwards), by digest, as many partitions at a time
/// as there are threads; where they differ, which row or view is the first; on the way the digests
/// that the server recorded at its checkpoints; then the audit. Requires: the server is stopped,
/// `log` is what it folded, and does not grow meanwhile. Faults: those of opening and reading.
Result<ReplayReport> verify_replay(const std::string& data, const Catalog& catalog, Log& log,
                                   unsigned threads);

}  // namespace spate
