// A file system on which a full disk makes RocksDB's writers wait: 7.8 aborts when one fails.
#pragma once
#include <rocksdb/options.h>

#include <cstdint>

namespace spate {

/// Tables wait while the disk has less room than this: what is left is for the small files without
/// which a store cannot be opened.
inline constexpr uint64_t tables_leave_free_bytes = 8 << 20;

/// Writes that find no room wait until there is some, on the thread that writes; reads go on.
/// RocksDB's own log file is given up: it writes past its file system. Faults come as statuses.
void wait_for_room(rocksdb::Options& options);

}  // namespace spate
