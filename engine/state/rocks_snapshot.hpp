// Snapshots of a RocksDB: its files as of now, linked, while it goes on being written.
#pragma once
#include <rocksdb/db.h>

#include <string>

#include "engine/base/result.hpp"

namespace spate {

/// Writes what is in memory to disk, then links all files into `directory`, which must not exist
/// and should lie on the same disk. A prefix of the batches, like what a crash leaves (C1). Any
/// thread. Faults: `snapshot_failed`.
Result<void> snapshot_of(rocksdb::DB& db, const std::string& directory);

/// Reads a table's blocks and checks their checksums. Faults: `snapshot_failed`.
Result<void> verify_table(const std::string& path);

}  // namespace spate
