// ShippedCheckpoint: what one shipped checkpoint consists of, and which log it is a fold of.
#pragma once
#include <string>
#include <vector>

#include "engine/base/hash.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/result.hpp"

namespace spate {

/// How far a partition's outcome topic had been read when it was taken, and where its stores were,
/// each of which goes on from there by itself.
struct ShippedPartition {
  std::string domain;
  PartitionId id;
  int64_t next_offset = 0;   ///< of the outcome topic
  int64_t tail_offset = -1;  ///< of the last valid outcome before it; < 0: there was none
  Epoch epoch;
  Sequence sequence;         ///< of that outcome
  uint64_t chain = 0;        ///< of the log up to there (C5)
  Sequence rows, ids, views; ///< at least
  bool operator==(const ShippedPartition&) const = default;
};

struct ShippedFile {
  Hash128 hash;      ///< BLAKE2b-128 of what it holds
  uint64_t bytes = 0;
  std::string path;  ///< below the data directory
  bool operator==(const ShippedFile&) const = default;
};

struct ShippedCheckpoint {
  Hash128 log;
  uint64_t incarnation = 0;
  std::string by;         ///< the node that took it
  int64_t taken_ms = 0;   ///< since 1970
  std::vector<ShippedPartition> partitions;
  std::vector<ShippedFile> files;
  bool operator==(const ShippedCheckpoint&) const = default;
  uint64_t bytes() const;
};

std::string to_text(const ShippedCheckpoint& checkpoint);
/// Faults: `checkpoint_rot`: it fails its hash, is of another format, or names a path that does not
/// lie below a data directory.
Result<ShippedCheckpoint> shipped_checkpoint_of(const std::string& text);

/// Where objects of a log's checkpoints lie in a depot.
std::string checkpoints_folder(const Hash128& log, uint64_t incarnation);
std::string files_folder(const Hash128& log, uint64_t incarnation);
std::string file_object(const Hash128& log, uint64_t incarnation, const ShippedFile& file);

}  // namespace spate
