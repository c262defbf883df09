// Options that RocksDB takes while it runs. One that is not taken costs time, nothing else.
#include "engine/projector/rocks_shape.hpp"

#include <string>
#include <unordered_map>

namespace spate {
namespace {

constexpr uint64_t judged_views_min = 200'000;
constexpr uint64_t read_share = 16;  // one of so many views is read: that is often

std::unordered_map<std::string, std::string> shape_of(const rocksdb::Options& options) {
  return {{"level0_file_num_compaction_trigger",
           std::to_string(options.level0_file_num_compaction_trigger)},
          {"level0_slowdown_writes_trigger",
           std::to_string(options.level0_slowdown_writes_trigger)},
          {"level0_stop_writes_trigger", std::to_string(options.level0_stop_writes_trigger)},
          {"max_bytes_for_level_base", std::to_string(options.max_bytes_for_level_base)}};
}

/// One level below the first.
rocksdb::Options filled(bool is_read) {
  rocksdb::Options options;
  options.level0_file_num_compaction_trigger = is_read ? 24 : 192;
  options.level0_slowdown_writes_trigger = 224;
  options.level0_stop_writes_trigger = 256;
  options.max_bytes_for_level_base = uint64_t{1} << 40;
  return options;
}

}  // namespace

void RocksShape::fill(rocksdb::DB& db) {
  if (is_filled_.exchange(true)) return;
  is_read_.store(false, std::memory_order_relaxed);
  (void)db.SetOptions(shape_of(filled(false)));
}

void RocksShape::serve(rocksdb::DB& db, const rocksdb::Options& serving) {
  if (is_filled_.exchange(false)) (void)db.SetOptions(shape_of(serving));
}

void RocksShape::note_written(rocksdb::DB& db, std::size_t views) {
  if (!is_filled() || (written_ += views) < judged_views_min) return;
  const bool is_read = reads_.exchange(0, std::memory_order_relaxed) > written_ / read_share;
  written_ = 0;
  if (is_read_.exchange(is_read, std::memory_order_relaxed) != is_read)
    (void)db.SetOptions(shape_of(filled(is_read)));
}

}  // namespace spate
