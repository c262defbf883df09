// Hashes say that nothing changed since it was taken, the walk that it is a log.
#include "engine/snapshots/snapshot_check.hpp"

#include "engine/log/log_walk.hpp"

namespace spate {
namespace {

std::string hex(const Hash128& hash) { return to_hex(CommandId{hash.hi, hash.lo}); }

/// What the walk came to, against what the snapshot says.
std::string difference(const Snapshot& said, const LogWalk& walk) {
  if (walk.identity.id != said.log.id || walk.identity.incarnation != said.log.incarnation)
    return "its MANIFEST is of another log";
  if (!walk.ends_clean) return "its log does not end with a seal";
  for (std::size_t i = 0; i < said.partitions.size(); ++i) {
    const auto& [id, tail] = walk.tails.at(i);
    const Tail& expected = said.partitions[i].tail;
    if (id == said.partitions[i].id && tail.sequence == expected.sequence &&
        tail.chain == expected.chain && tail.command == expected.command)
      continue;
    return "partition " + std::to_string(id.domain) + "." + std::to_string(id.index) +
           " ends at outcome " + std::to_string(tail.sequence.value) + ", not at " +
           std::to_string(expected.sequence.value) + " with the same chain";
  }
  return {};
}

}  // namespace

Result<void> compare_file(const std::string& path, const SnapshotFile& said,
                          const SnapshotFile& found) {
  if (found == said) return {};
  return stop("snapshot_damaged", path + " is not what was taken: its hash is " +
                                      hex(found.hash) + ", not " + hex(said.hash) +
                                      "; use another snapshot");
}

Result<SnapshotCheck> check_snapshot(const std::string& folder, const ListedSnapshot& snapshot) {
  SnapshotCheck check;
  const std::string path = folder + "/" + snapshot.name;
  for (const auto& [name, said] : snapshot.whole->files) {
    TRY(const SnapshotFile found, hash_file(path + "/" + name, {}));
    ++check.files;
    check.bytes += found.bytes;
    if (const auto same = compare_file(path + "/" + name, said, found); !same)
      check.findings.push_back(same.error().detail);
  }
  TRY(const auto log, PosixStorage::at(path + "/log"));
  const Result<LogWalk> walk = walk_log(*log);
  if (!walk) {
    const Fault& fault = walk.error();
    const bool is_finding = fault.code == "log_rot" || fault.code == "segment_missing" ||
                            fault.code == "no_log" || fault.code == "log_format";
    if (!is_finding) return pass_on(Fault(fault));
    check.findings.push_back(fault.detail);
    return check;
  }
  check.outcomes = walk->outcomes;
  check.commands = walk->commands;
  if (const std::string wrong = difference(*snapshot.whole, *walk); !wrong.empty())
    check.findings.push_back(path + ": " + wrong);
  return check;
}

}  // namespace spate
