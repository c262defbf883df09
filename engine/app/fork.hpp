// Fork: what would have become of a log's commands from one point on, had something been otherwise.
#pragma once
#include <map>

#include "engine/app/fork_commands.hpp"
#include "engine/snapshots/snapshot_restore.hpp"

namespace spate {

struct ForkOrder {
  std::string folder, name;  ///< of snapshots; an empty name: the newest whole one
  CutPoint at;
  std::string into;          ///< the sandbox: missing or empty
  std::vector<ForkEdit> edits;
  std::vector<std::string> added;  ///< lines, put in at the point
  std::string binary;        ///< that decides; empty: this one
  uint64_t incarnation = 0;
  uint64_t examples_max = 10;
};

/// Commands of which the same became another thing, in the same way.
struct ForkChange {
  std::string domain, command, before, after;
  auto operator<=>(const ForkChange&) const = default;
};
struct ForkExample {
  std::string stream, key;
};

struct ForkReport {
  RestoredSnapshot restored;
  uint64_t decided_again = 0;  ///< commands of the past
  uint64_t edited = 0, added = 0;
  uint64_t same = 0;           ///< outcomes, their events included
  struct Changed {
    uint64_t count = 0;
    std::vector<ForkExample> examples;
  };
  std::map<ForkChange, Changed> changes;
};

/// The snapshot is read and never written: the sandbox is a log of its own, restored until the
/// point, into which the later commands go with their stamps, to be decided by a server that runs
/// on it once. Faults: those of restore_snapshot, ForkCommands and serve_once.
Result<ForkReport> fork(const ForkOrder& order, const Catalog& catalog);

}  // namespace spate
