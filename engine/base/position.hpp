// Position: the opaque token of (partition, sequence) that replies carry and reads wait for (A5).
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/ids.hpp"

namespace spate {

/// `incarnation` names the log's life: renewed by a restore, kept by a migration.
struct Position {
  uint64_t incarnation = 0;
  std::vector<std::pair<PartitionId, Sequence>> parts;

  /// Raises the part of `partition` to at least `sequence`.
  void raise(PartitionId partition, Sequence sequence);
};

/// URL-safe text, no padding. Equal positions give equal tokens (parts are sorted).
std::string to_token(const Position& position);
/// False when it is no token of ours (length, version, checksum).
bool from_token(std::string_view token, Position& position);

}  // namespace spate
