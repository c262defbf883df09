// Filters are cut into parts: whole ones would push each other out of a small cache.
#include "engine/state/rocks_options.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>

#include "engine/state/rocks_patience.hpp"

namespace spate {
namespace {

constexpr std::size_t block_bytes = 8 << 10;
constexpr int filter_bits_per_key = 10;

}  // namespace

rocksdb::Options ordered_options(bool waits_for_room) {
  rocksdb::Options options;
  options.create_if_missing = true;
  if (waits_for_room) wait_for_room(options);
  options.max_bgerror_resume_count = 0;
  options.unordered_write = false;
  options.enable_pipelined_write = false;
  options.allow_concurrent_memtable_write = false;
  options.bytes_per_sync = 1 << 20;
  options.level_compaction_dynamic_level_bytes = true;
  // Every flush spans all keys: a compaction of the first level writes all of the next one anew.
  options.level0_file_num_compaction_trigger = 8;
  options.info_log_level = rocksdb::WARN_LEVEL;
  return options;
}

rocksdb::BlockBasedTableOptions cached_tables(std::size_t cache_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(filter_bits_per_key));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.block_size = block_bytes;
  table.format_version = 5;
  return table;
}

rocksdb::Status compact_from_now_on(rocksdb::DB& db) {
  return db.EnableAutoCompaction({db.DefaultColumnFamily()});
}

StoreSizes sizes_of(rocksdb::DB& db) {
  const auto property = [&](const std::string& name) {
    uint64_t value = 0;
    db.GetIntProperty(name, &value);
    return value;
  };
  return {property(rocksdb::DB::Properties::kBlockCacheUsage),
          property(rocksdb::DB::Properties::kCurSizeAllMemTables),
          property(rocksdb::DB::Properties::kLiveSstFilesSize),
          property(rocksdb::DB::Properties::kEstimatePendingCompactionBytes)};
}

}  // namespace spate
