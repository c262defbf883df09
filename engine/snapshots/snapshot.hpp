// Snapshot: what one snapshot of a log consists of; the file that says so is written last.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "engine/base/hash_stream.hpp"
#include "engine/log/segment_survey.hpp"

namespace spate {

/// One file of a snapshot, by its path below it.
struct SnapshotFile {
  uint64_t bytes = 0;
  Hash128 hash;  ///< BLAKE2b-128
  bool operator==(const SnapshotFile&) const = default;
};

/// Which groups a segment's file holds. Equal ones of one log hold the same bytes, whenever they
/// were taken: the hash of the last group is over all before it.
struct SnapshotSegment {
  uint64_t segment = 0;
  uint64_t first_group = 0;
  uint64_t last_group = 0;
  Hash128 last_hash;     ///< of that group
  bool settled = false;  ///< the log's own file, which nothing changes any more; else a copy
  bool operator==(const SnapshotSegment&) const = default;
};

/// A snapshot is a folder that is a stopped log as it stands: `log/` with segments and MANIFEST,
/// `schemas/`, and this as the file `SNAPSHOT`.
struct Snapshot {
  LogIdentity log;
  Instant taken;
  std::vector<DomainPlace> domains;
  std::vector<PartitionState> partitions;  ///< where each one ends, in the order of the topology
  std::vector<SnapshotSegment> segments;   ///< the last one is always a copy
  std::map<std::string, SnapshotFile> files;

  uint64_t bytes() const;
  uint64_t outcomes() const;
  /// The newest stamp of an outcome; 0: there is none.
  Instant newest() const;
};

inline constexpr const char* snapshot_file_name = "SNAPSHOT";

std::string to_text(const Snapshot& snapshot);
/// `path` names it in faults: `snapshot_format` (made by another version), `snapshot_damaged`.
Result<Snapshot> snapshot_of(const std::string& text, const std::string& path);

/// "log/segment-….log", "log/segment-….index".
std::string segment_path(uint64_t segment);
std::string index_path(uint64_t segment);

}  // namespace spate
