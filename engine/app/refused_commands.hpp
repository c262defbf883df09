// Refused commands: what a log holds of records that became no command, for whoever mends a sender.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/codec/catalog.hpp"
#include "engine/log/log.hpp"

namespace spate {

struct RefusedCommand {
  std::string domain;
  PartitionId partition;
  uint64_t sequence = 0;  ///< of the outcome that refused it
  Instant at;
  std::string stream;     ///< `-` when the key names none
  CommandId id;
  std::string reason;
  /// The record as it came, or as much of it as the log keeps.
  int64_t offset = -1;    ///< in the command topic; < 0: not known
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::string>> headers;
  bool is_whole = true;
};

struct RefusedQuery {
  std::string domain;        ///< empty: all
  std::size_t limit = 100;   ///< the newest so many
  std::optional<CommandId> id;
};

/// The newest that match, oldest first. Faults: `unknown_domain`, and those of the log.
Result<std::vector<RefusedCommand>> find_refused(Log& log, const Catalog& catalog,
                                                 const RefusedQuery& query);

}  // namespace spate
