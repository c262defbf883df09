// Memory: the one number that everything bounded is cut from.
#pragma once
#include <cstdint>

namespace spate {

/// Parts of `--memory`, each an upper bound for the whole process. What holds a part divides it
/// further (per partition, per thread) and never exceeds it.
struct MemoryCut {
  uint64_t block_cache_bytes = 0;    ///< RocksDB's one cache, its write buffers charged to it
  uint64_t write_buffer_bytes = 0;   ///< within the block cache: what the write buffers may take
  uint64_t dirty_rows_bytes = 0;     ///< changed rows: active and frozen together
  uint64_t clean_rows_bytes = 0;     ///< rows read from the store and kept
  uint64_t undo_bytes = 0;           ///< old values of what is not durable
  uint64_t recent_ids_bytes = 0;     ///< ids not yet in run files
  uint64_t id_filter_bytes = 0;      ///< the filters before run files of ids and before stored rows
  uint64_t view_filter_bytes = 0;    ///< the filters before views, of all generations together
  uint64_t dirty_views_bytes = 0;    ///< changed views: active and frozen together
  uint64_t rebuild_bytes = 0;        ///< a generation of views that is folded beside the other
  uint64_t past_views_bytes = 0;     ///< views as they were, folded for who asks
  uint64_t log_queue_bytes = 0;      ///< appended and not yet durable
  uint64_t mailbox_bytes = 0;        ///< rings between edge and processors
  uint64_t edge_buffer_bytes = 0;    ///< requests and answers of all connections
  uint64_t reserve_bytes = 0;        ///< code, stacks, what the allocator keeps

  /// All parts; write buffers lie within the block cache.
  uint64_t sum() const;
};

/// The smallest total that leaves every part of use.
inline constexpr uint64_t memory_bytes_min = uint64_t{128} << 20;

/// Requires: total ≥ memory_bytes_min. The parts' sum is at most `total`.
MemoryCut cut_memory(uint64_t total);

/// What this machine and the cgroup of this process allow, whichever is less.
uint64_t allowed_memory();

/// Whether a server of this `--memory` finds room here, with the 15 % that it may take above it.
bool fits_memory(uint64_t total);

}  // namespace spate
