// What rows and views both ask of RocksDB: a cache behind the log, its batches in one order.
#pragma once
#include <rocksdb/db.h>
#include <rocksdb/table.h>

#include "engine/base/store_sizes.hpp"

namespace spate {

/// Batches reach the store one after another (C1), and one that failed ends the process: the log
/// folds it again. With `waits_for_room`, writers wait on a full disk (rocks_patience.hpp).
rocksdb::Options ordered_options(bool waits_for_room);

/// Ends what `disable_auto_compactions` began when the store was opened. Any thread.
rocksdb::Status compact_from_now_on(rocksdb::DB& db);

/// Tables whose indexes and filters live in one cache of so many bytes.
rocksdb::BlockBasedTableOptions cached_tables(std::size_t cache_bytes);

StoreSizes sizes_of(rocksdb::DB& db);

}  // namespace spate
