// Parked commands: which streams of a stopped log wait for a repair, and how they are set going.
#pragma once
#include <string>
#include <vector>

#include "engine/codec/catalog.hpp"
#include "engine/log/segment_log.hpp"
#include "schemas/envelope_generated.h"

namespace spate {

struct ParkedCommand {
  std::string domain;
  PartitionId partition;
  std::string stream;
  std::string command;
  CommandId id;
  uint64_t sequence = 0;  ///< of the outcome that parked it
  uint64_t cause = 0;
  Instant at;
  std::string reason;
};

/// Every command that is parked now, oldest first within its partition.
Result<std::vector<ParkedCommand>> find_parked(Log& log, const Catalog& catalog);

/// How many of them are of that stream. Faults: `nothing_parked`.
Result<std::size_t> count_parked(const std::vector<ParkedCommand>& parked,
                                 const std::string& domain, const std::string& stream);

/// Appends the command that re-drives or discards what the stream has parked, durably; the next
/// start of the server carries it out before any new command of the stream. Requires: nobody steps
/// the log. Faults: `unknown_domain`, `nothing_parked`, and those of the log.
Result<void> append_control(SegmentLog& log, const Catalog& catalog, const std::string& domain,
                            const std::string& stream, envelope::Control what, Instant now);

}  // namespace spate
