// LogWalk: every group and record of a log directory in order, checked; for `log verify` and
// `dump`.
#pragma once
#include <functional>

#include "engine/log/group_scanner.hpp"
#include "engine/log/log.hpp"

namespace spate {

/// Where a record lies.
struct RecordPlace {
  uint64_t segment = 0;
  uint64_t group = 0;
  uint64_t offset = 0;    ///< of the group in its file
  std::size_t place = 0;  ///< of the record in the group's unpacked body
};

/// Any of them may be empty.
struct LogVisitor {
  std::function<void(uint64_t segment, uint64_t file_bytes)> segment;
  std::function<void(const Group&)> group;
  std::function<void(const RecordView&, const RecordPlace&)> record;
};

struct LogWalk {
  LogIdentity identity;
  std::vector<DomainPlace> domains;
  uint64_t segments = 0;
  uint64_t groups = 0;
  uint64_t commands = 0;
  uint64_t outcomes = 0;
  uint64_t raw_bytes = 0;     ///< of records, unpacked
  uint64_t stored_bytes = 0;  ///< of groups in the files, padding included
  bool ends_clean = false;    ///< sealed; else the next start cuts or rescues its tail
  uint64_t torn_bytes = 0;
  std::vector<std::pair<PartitionId, Tail>> tails;
};

/// Reads the whole log and checks all that can be checked: checksums, hash chain of groups, density
/// and chain of outcomes (C5), causes (A1), the states in the openings (B4). Changes nothing.
/// Faults name file, offset, partition and number of the first thing that does not fit. A directory
/// that is being written to may seem to end early.
Result<LogWalk> walk_log(Storage& storage, const LogVisitor& visitor = {});

}  // namespace spate
