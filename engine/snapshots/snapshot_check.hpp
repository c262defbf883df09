// Checking a snapshot: every byte against its hash, every record against the laws of the log.
#pragma once
#include "engine/snapshots/snapshot_folder.hpp"

namespace spate {

struct SnapshotCheck {
  uint64_t files = 0, bytes = 0;
  uint64_t outcomes = 0, commands = 0;
  std::vector<std::string> findings;  ///< what is wrong, and where
  bool holds() const { return findings.empty(); }
};

/// Faults: `snapshot_damaged`, `snapshot_format`; of the disk. What does not hold is a finding.
Result<SnapshotCheck> check_snapshot(const std::string& folder, const ListedSnapshot& snapshot);

/// Fault `snapshot_damaged` unless the file is what the snapshot says.
Result<void> compare_file(const std::string& path, const SnapshotFile& said,
                          const SnapshotFile& found);

}  // namespace spate
