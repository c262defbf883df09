// Options that RocksDB takes while it runs. One that is not taken costs time, nothing else.
#include "engine/projector/rocks_shape.hpp"

#include <cstdlib>
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

constexpr int usual_trigger = 256, read_trigger = 24;

/// One level below the first.
rocksdb::Options filled(int trigger) {
  rocksdb::Options options;
  options.level0_file_num_compaction_trigger = trigger;
  options.level0_slowdown_writes_trigger = usual_trigger + 32;
  options.level0_stop_writes_trigger = usual_trigger + 64;
  options.max_bytes_for_level_base = uint64_t{1} << 40;
  return options;
}

uint64_t number(rocksdb::DB& db, const std::string& property) {
  std::string value;
  db.GetProperty(property, &value);
  return std::strtoull(value.c_str(), nullptr, 10);
}

}  // namespace

void RocksShape::fill(rocksdb::DB& db) {
  if (state_.exchange(State::filled) == State::filled) return;
  is_read_.store(false, std::memory_order_relaxed);
  (void)db.SetOptions(shape_of(filled(usual_trigger)));
}

void RocksShape::serve(rocksdb::DB& db, const rocksdb::Options& serving) {
  if (state_.exchange(State::serving) != State::serving) (void)db.SetOptions(shape_of(serving));
}

/// Tables that come meanwhile are left alone: with them it would begin again, and never end.
Step RocksShape::arrange(rocksdb::DB& db, const rocksdb::Options& serving) {
  using Properties = rocksdb::DB::Properties;
  const bool runs = number(db, Properties::kNumRunningCompactions) > 0;
  const auto first_level = static_cast<int>(number(db, Properties::kNumFilesAtLevelPrefix + "0"));
  const int enough = serving.level0_file_num_compaction_trigger;
  if (state_ == State::filled && !runs && first_level >= enough) {
    state_ = State::arranged;
    (void)db.SetOptions(shape_of(filled(enough)));
    return Step::worked;
  }
  if (state_ == State::arranged && runs) {
    state_ = State::under_way;
    (void)db.SetOptions(shape_of(filled(usual_trigger)));
  }
  const bool is_due = state_ == State::arranged && first_level >= enough;
  if (state_ != State::serving && (runs || is_due)) return Step::worked;
  serve(db, serving);  // what came meanwhile goes one level down, before it holds up a writer
  return first_level < serving.level0_slowdown_writes_trigger ? Step::idle : Step::worked;
}

void RocksShape::note_written(rocksdb::DB& db, std::size_t views) {
  if (state_ != State::filled || (written_ += views) < judged_views_min) return;
  const bool is_read = reads_.exchange(0, std::memory_order_relaxed) > written_ / read_share;
  written_ = 0;
  if (is_read_.exchange(is_read, std::memory_order_relaxed) != is_read)
    (void)db.SetOptions(shape_of(filled(is_read ? read_trigger : usual_trigger)));
}

}  // namespace spate
