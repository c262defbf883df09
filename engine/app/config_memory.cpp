// The shares, in percent, and why each is as large as it is.
#include "engine/app/config_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "engine/base/ensure.hpp"

namespace spate {

uint64_t MemoryCut::sum() const {
  return block_cache_bytes + dirty_rows_bytes + clean_rows_bytes + undo_bytes + recent_ids_bytes +
         id_filter_bytes + view_filter_bytes + dirty_views_bytes + rebuild_bytes +
         past_views_bytes + log_queue_bytes + mailbox_bytes + edge_buffer_bytes + reserve_bytes;
}

MemoryCut cut_memory(uint64_t total) {
  ENSURE(total >= memory_bytes_min);
  const uint64_t percent = total / 100;
  MemoryCut cut;
  cut.block_cache_bytes = 14 * percent;   // indexes, filters and the blocks of cold rows and views
  cut.write_buffer_bytes = 6 * percent;   // of the 14: batches come sorted, so small ones do
  cut.dirty_rows_bytes = 18 * percent;    // the larger a batch, the cheaper each row of it
  cut.clean_rows_bytes = 7 * percent;     // a hot campaign's rows are dirty most of the time
  cut.undo_bytes = 4 * percent;           // milliseconds of work: what one sync may still revert
  cut.recent_ids_bytes = 10 * percent;    // as rows: the longer a run, the cheaper each id
  cut.id_filter_bytes = 7 * percent;      // 10 bits each: 70 M ids and rows want 90 MB
  cut.view_filter_bytes = 6 * percent;    // 20 M views, twice while they are rebuilt, want 80 MB
  cut.dirty_views_bytes = 8 * percent;
  cut.rebuild_bytes = 6 * percent;        // three quarters of it changed views, else write buffers
  cut.past_views_bytes = 2 * percent;     // one fold a thread of the edge
  cut.log_queue_bytes = 4 * percent;      // some groups under way
  cut.mailbox_bytes = 3 * percent;
  cut.edge_buffer_bytes = 6 * percent;    // a third of it what 10,000 connections cost anyway
  cut.reserve_bytes = 5 * percent;
  ENSURE(cut.sum() <= total && cut.write_buffer_bytes < cut.block_cache_bytes);
  return cut;
}

// The limit of a cgroup lies in one place in version 2, in another in version 1.
uint64_t allowed_memory() {
  uint64_t limit = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                   static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    uint64_t value = 0;
    if (file >> value) limit = std::min(limit, value);
  }
  return limit;
}

bool fits_memory(uint64_t total) {
  const uint64_t allowed = allowed_memory();
  return total <= allowed && allowed - total >= total / 100 * 15;
}

}  // namespace spate
