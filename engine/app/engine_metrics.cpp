// Samples of partitions, log and stores.
#include "engine/app/engine_metrics.hpp"

#include <algorithm>

#include "schemas/envelope_generated.h"

namespace spate {
namespace {

/// Outcomes a second that a restart folds, measured low, for the estimate alone.
constexpr double folded_per_second = 500'000;

uint64_t count_of(const PartitionStats& stats, envelope::Kind kind) {
  uint64_t sum = 0;
  for (const auto& type : stats.outcomes) sum += type[static_cast<std::size_t>(kind)].get();
  return sum;
}

void add_stores(const Engine& engine, std::vector<Sample>& out) {
  const StoreSizes rows = engine.row_sizes(), views = engine.view_sizes();
  out.push_back({Metric::rocksdb_block_cache, {},
                 static_cast<double>(rows.cache_bytes + views.cache_bytes)});
  for (const auto& [name, sizes] : {std::pair{"rows", rows}, std::pair{"views", views}}) {
    out.push_back(
        {Metric::rocksdb_memtables, {name}, static_cast<double>(sizes.write_buffer_bytes)});
    out.push_back({Metric::rocksdb_sst, {name}, static_cast<double>(sizes.file_bytes)});
    out.push_back({Metric::rocksdb_pending_compaction, {name},
                   static_cast<double>(sizes.pending_compaction_bytes)});
  }
}

}  // namespace

void engine_metrics(const Engine& engine, const Clock& clock, std::vector<Sample>& out) {
  double refused = 0, reused = 0, unfolded = 0;
  for (const Engine::PartitionView& p : engine.partitions()) {
    const PartitionStats& stats = p.processor->stats();
    const auto add = [&](Metric metric, double value) {
      out.push_back({metric, {p.domain->name, std::to_string(p.id.index)}, value});
    };
    const auto number = [](const Counter& counter) { return static_cast<double>(counter.get()); };
    const Cause end = engine.home().commands_end(p.id).value_or(Cause{});
    const double known = std::max(number(stats.cause), static_cast<double>(end.value));
    add(Metric::partition_lag_records, known - number(stats.decided));
    const auto oldest = static_cast<int64_t>(stats.oldest_undecided_ns.get());
    add(Metric::partition_lag_time,
        oldest == 0 ? 0 : static_cast<double>(clock.wall().ns - oldest) / 1e9);
    add(Metric::projection_position, static_cast<double>(engine.views().position(p.id).value));
    add(Metric::projection_stopped, engine.views().stopped(p.id).empty() ? 0 : 1);
    add(Metric::parked_streams, number(stats.parked_streams));
    add(Metric::parked_commands, number(stats.parked_commands));
    add(Metric::duplicates, number(stats.duplicates));
    add(Metric::dirty_rows, number(stats.dirty_bytes));
    const double unwritten = number(stats.sequence) - number(stats.checkpoint_sequence);
    const auto written_ns = static_cast<int64_t>(stats.checkpoint_ns.get());
    add(Metric::checkpoint_age,
        unwritten > 0 ? static_cast<double>(clock.monotonic_ns() - written_ns) / 1e9 : 0);
    unfolded += unwritten;
    refused += static_cast<double>(count_of(stats, envelope::Kind::refused));
    reused += static_cast<double>(count_of(stats, envelope::Kind::key_reused));
  }
  out.push_back({Metric::recovery_estimate, {}, unfolded / folded_per_second});
  out.push_back({Metric::dead_letters, {"malformed"}, refused});
  out.push_back({Metric::dead_letters, {"key_reused"}, reused});
  const auto [requests, answers] = engine.queued_bytes();
  out.push_back({Metric::queue_depth, {"requests"}, static_cast<double>(requests)});
  out.push_back({Metric::queue_depth, {"answers"}, static_cast<double>(answers)});
  for (const RebuildStatus::Views& views : engine.rebuild().status().generations) {
    const bool serves = views.role == "serves";
    out.push_back({Metric::projection_views,
                   {views.projection, std::to_string(views.generation), views.version},
                   serves ? 1.0 : 0.0});
    if (serves)
      out.push_back({Metric::projection_outdated, {views.projection},
                     views.binary_has.empty() ? 0.0 : 1.0});
  }
  add_stores(engine, out);
  engine.add_metrics(out);
  out.push_back({Metric::log_bytes, {}, static_cast<double>(engine.home().stored_bytes())});
}

}  // namespace spate
