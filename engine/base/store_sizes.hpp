// StoreSizes: how much a store of rows or views takes now, for metrics.
#pragma once
#include <cstdint>

namespace spate {

struct StoreSizes {
  uint64_t cache_bytes = 0;  ///< block cache in use, write buffers charged to it included
  uint64_t write_buffer_bytes = 0;
  uint64_t file_bytes = 0;
  uint64_t pending_compaction_bytes = 0;  ///< that compaction has yet to rewrite
};

}  // namespace spate
