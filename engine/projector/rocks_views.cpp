// RocksDB behind the port of views.
//   views       key as in view_key.hpp → value
//   positions   as in view_position.hpp
#include "engine/projector/rocks_views.hpp"

#include <rocksdb/db.h>

#include <filesystem>

#include "engine/base/hash.hpp"
#include "engine/projector/fetched_writes.hpp"
#include "engine/projector/rocks_behind.hpp"
#include "engine/projector/rocks_shape.hpp"
#include "engine/projector/view_position.hpp"
#include "engine/state/checkpoint_record.hpp"
#include "engine/state/rocks_options.hpp"
#include "engine/state/rocks_slice.hpp"
#include "engine/state/rocks_snapshot.hpp"
#include "engine/state/rocks_run.hpp"

namespace spate {
namespace {

using rocksdb::Slice;
using rocksdb::Status;

constexpr std::size_t clear_batch_views_max = 10'000;
constexpr std::size_t tend_views_max = 500, tend_views_at_start = 20'000;  // 1 ms; 40
constexpr std::size_t filled_run_bytes_min = 1 << 20;  // small batches for long: a run costs less

std::string_view text_of(const Slice& slice) { return {slice.data(), slice.size()}; }

tl::unexpected<Fault> failed(const Status& status) {
  const bool rot = status.IsCorruption();
  return stop(rot ? "views_rot" : "views_unavailable",
              "the store of views: " + status.ToString() +
                  (rot ? "; stop, delete its directory and start again: it is folded from the log"
                       : "; check the disk, then start again"));
}

/// What is stored of the partition's position. None: nothing, or nothing that counts; `value` is
/// empty in the first case.
Result<std::optional<Checkpoint>> read_position(rocksdb::DB& db, const rocksdb::Snapshot* snapshot,
                                                PartitionId id, std::string& value) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  Status status = db.Get(options, position_key(id), &value);
  if (status.IsNotFound()) value.clear();
  else if (!status.ok()) return failed(status);
  std::optional<Checkpoint> at = position_in(value);
  if (!at) return at;
  std::string digest;
  status = db.Get(options, digest_key(id), &digest);
  if (status.ok()) at->digest = digest_of(as_bytes(digest), *at);
  else if (!status.IsNotFound()) return failed(status);
  return at;
}

rocksdb::WriteOptions without_wal() {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return options;
}

using CachePtr = std::shared_ptr<rocksdb::Cache>;

/// `cache`: that of another store, or none yet: then it is made.
rocksdb::Options options_for(const RocksViewsLimits& limits, CachePtr& cache) {
  rocksdb::Options options = ordered_options(limits.waits_for_room);
  rocksdb::BlockBasedTableOptions table =
      cached_tables(cache == nullptr ? limits.block_cache_bytes : 0);
  if (cache == nullptr) cache = table.block_cache;
  table.block_cache = cache;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = limits.write_buffer_bytes;
  options.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression,
                                   rocksdb::kLZ4Compression};
  options.disable_auto_compactions = limits.compacts_later;
  options.stats_dump_period_sec = 0;
  options.keep_log_file_num = 3;
  return options;
}

}  // namespace

struct RocksViews::Store {
  Store(uint32_t n, RocksViewsLimits l, const Store* cache_of)
      : number(n),
        limits(l),
        cache(cache_of == nullptr ? nullptr : cache_of->cache),
        filter_room(cache_of == nullptr ? std::make_shared<FilterRoom>(l.filter_bytes)
                                        : cache_of->filter_room),
        filter(filter_room) {}

  const uint32_t number;
  const RocksViewsLimits limits;
  RocksShape shape;
  CachePtr cache;
  const std::shared_ptr<FilterRoom> filter_room;
  rocksdb::Options options;
  std::unique_ptr<RocksBehind> behind;  // null: of the first store; outlives the database
  std::unique_ptr<rocksdb::DB> db;
  ViewFilter filter;
  std::unique_ptr<rocksdb::Iterator> unfiltered;  // what is left to add to the filter
};

class RocksCursor final : public ViewCursor {
 public:
  RocksCursor(rocksdb::DB& db, const KeyRange& range, const rocksdb::Snapshot* at = nullptr)
      : to_(range.to), bound_(to_) {
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound_;
    options.snapshot = at;
    options.fill_cache = at == nullptr;  // one pass over everything: readers keep their blocks
    iterator_.reset(db.NewIterator(options));
    iterator_->Seek(range.from);
  }
  bool valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return text_of(iterator_->key()); }
  Bytes value() const override { return as_bytes(text_of(iterator_->value())); }
  void next() override { iterator_->Next(); }
  Result<void> status() const override {
    if (!iterator_->status().ok()) return failed(iterator_->status());
    return {};
  }

 private:
  const std::string to_;
  const Slice bound_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksViews::Snapshot final : public ViewSnapshot {
 public:
  explicit Snapshot(rocksdb::DB& db) : db_(db), at_(db.GetSnapshot()) {}
  ~Snapshot() override { db_.ReleaseSnapshot(at_); }
  Result<std::optional<Checkpoint>> checkpoint(PartitionId partition) override {
    std::string value;
    return read_position(db_, at_, partition, value);
  }
  std::unique_ptr<ViewCursor> scan(const KeyRange& range) override {
    return std::make_unique<RocksCursor>(db_, range, at_);
  }

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* const at_;
};

RocksViews::RocksViews(std::unique_ptr<Store> store) : store_(std::move(store)) {
  rocksdb::ReadOptions once;
  once.fill_cache = false;  // one pass over everything: readers keep their blocks
  store_->unfiltered.reset(store_->db->NewIterator(once));
  store_->unfiltered->SeekToFirst();
}

RocksViews::~RocksViews() { store_->unfiltered.reset(); }

Result<std::unique_ptr<RocksViews>> RocksViews::open(const std::string& directory,
                                                     RocksViewsLimits limits,
                                                     RocksGeneration generation) {
  const std::string path = directory + "/" + std::to_string(generation.number);
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return stop("views_unavailable", path + ": " + error.message());
  auto store = std::make_unique<Store>(
      generation.number, limits,
      generation.cache_of == nullptr ? nullptr : generation.cache_of->store_.get());
  rocksdb::Options& options = store->options = options_for(limits, store->cache);
  if (generation.cache_of != nullptr) {
    store->behind = std::make_unique<RocksBehind>(options.env);
    store->behind->apply_to(options);
  }
  RocksRun::sweep(path);
  rocksdb::DB* db = nullptr;
  std::string note;
  Status status = rocksdb::DB::Open(options, path, &db);
  if (status.IsCorruption()) {
    note = "views in " + path + " are rotten and will be folded again: " + status.ToString();
    std::filesystem::remove_all(path, error);
    std::filesystem::create_directories(path, error);
    status = rocksdb::DB::Open(options, path, &db);
  }
  if (!status.ok()) return failed(status);
  store->db.reset(db);
  std::unique_ptr<RocksViews> views(new RocksViews(std::move(store)));
  views->note_ = std::move(note);
  // A small store, a new one above all, has its filter from the start.
  TRY(views->tend(tend_views_at_start));
  return views;
}

Result<std::optional<Checkpoint>> RocksViews::checkpoint(PartitionId partition) {
  std::string value;
  TRY(auto at, read_position(*store_->db, nullptr, partition, value));
  if (!at && !value.empty()) TRY(remove_views(partition));
  return at;
}

Result<bool> RocksViews::get(std::string_view key, std::string& value) {
  if (!store_->filter.may_hold(xxh3_64(as_bytes(key)))) return false;
  store_->shape.note_read();
  const Status status = store_->db->Get({}, slice(key), &value);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return failed(status);
  return true;
}

void RocksViews::prefetch(uint64_t hash) const { store_->filter.prefetch(hash); }

std::unique_ptr<ViewCursor> RocksViews::scan(const KeyRange& range) {
  return std::make_unique<RocksCursor>(*store_->db, range);
}

std::unique_ptr<ViewSnapshot> RocksViews::snapshot() {
  return std::make_unique<Snapshot>(*store_->db);
}

Result<void> RocksViews::write(PartitionId partition, std::span<const ViewWrite> views,
                               const Checkpoint& at) {
  std::size_t bytes = 0;
  for (const ViewWrite& view : views) bytes += view.key.size() + view.value.size();
  store_->shape.note_written(*store_->db, views.size());
  const std::size_t run_bytes_min =
      store_->shape.is_filled() ? filled_run_bytes_min : store_->limits.run_bytes_min;
  if (bytes >= run_bytes_min && RocksRun::has_room(*store_->db))
    return write_run(partition, views, at);
  rocksdb::WriteBatch batch;
  Status status;
  each_fetched(views, store_->filter, [&](const ViewWrite& view, uint64_t hash) {
    if (!status.ok()) return;
    const bool is_erased = view.value.data() == nullptr;
    status =
        is_erased ? batch.Delete(slice(view.key)) : batch.Put(slice(view.key), slice(view.value));
    if (!is_erased) store_->filter.add(hash);
  });
  if (!status.ok()) return failed(status);
  batch.Put(position_key(partition), position_value(at, false));
  batch.Put(digest_key(partition), to_digest_record(at));
  status = store_->db->Write(without_wal(), &batch);
  if (!status.ok()) return failed(status);
  return {};
}

/// Positions are the last keys, so the partition's batches in the memtable go to disk first.
Result<void> RocksViews::write_run(PartitionId partition, std::span<const ViewWrite> views,
                                   const Checkpoint& at) {
  RocksRun run(*store_->db, store_->options, "views",
               store_->shape.is_filled() ? RocksRun::Written::passes : RocksRun::Written::stays);
  each_fetched(views, store_->filter, [&](const ViewWrite& view, uint64_t hash) {
    if (view.value.data() == nullptr) return run.erase(slice(view.key));
    run.put(slice(view.key), slice(view.value));
    store_->filter.add(hash);
  });
  run.put(position_key(partition), position_value(at, false));
  run.put(digest_key(partition), to_digest_record(at));
  if (const Status status = run.finish(); !status.ok()) return failed(status);
  return {};
}

Result<void> RocksViews::flush() {
  const Status status = store_->db->Flush(rocksdb::FlushOptions());
  if (!status.ok()) return failed(status);
  return {};
}

Result<void> RocksViews::mark_clearing(PartitionId partition) {
  const std::string mark = position_value({}, true);
  const Status status = store_->db->Put(without_wal(), position_key(partition), mark);
  if (!status.ok()) return failed(status);
  return {};
}

Result<void> RocksViews::clear(PartitionId partition) {
  TRY(mark_clearing(partition));
  return remove_views(partition);
}

Result<void> RocksViews::remove_views(PartitionId partition) {
  RocksCursor cursor(*store_->db, domain_range(partition.domain));
  rocksdb::WriteBatch batch;
  Status status;
  for (; cursor.valid() && status.ok(); cursor.next()) {
    if (partition_in(cursor.key()) != partition) continue;
    status = batch.Delete(slice(cursor.key()));
    if (!status.ok() || batch.Count() < static_cast<int>(clear_batch_views_max)) continue;
    status = store_->db->Write(without_wal(), &batch);
    batch.Clear();
  }
  TRY(cursor.status());
  // The mark goes last: a crash before it finds the mark and clears again.
  if (status.ok()) status = batch.Delete(digest_key(partition));
  if (status.ok()) status = batch.Delete(position_key(partition));
  if (status.ok()) status = store_->db->Write(without_wal(), &batch);
  if (!status.ok()) return failed(status);
  return {};
}

Result<Step> RocksViews::tend() { return tend(tend_views_max); }

Result<Step> RocksViews::tend(std::size_t views_max) {
  if (store_->unfiltered == nullptr) return Step::idle;
  rocksdb::Iterator& left = *store_->unfiltered;
  for (std::size_t i = 0; i < views_max && left.Valid(); ++i, left.Next())
    store_->filter.add(xxh3_64(as_bytes(text_of(left.key()))));
  if (left.Valid()) return Step::worked;
  if (!left.status().ok()) return failed(left.status());
  store_->filter.complete();
  store_->unfiltered.reset();
  return Step::worked;
}

Result<void> RocksViews::snapshot(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return stop("views_unavailable", directory + ": " + error.message());
  return snapshot_of(*store_->db, directory + "/" + std::to_string(store_->number));
}

Result<void> RocksViews::compact() {
  if (const Status status = compact_from_now_on(*store_->db); !status.ok()) return failed(status);
  return {};
}

void RocksViews::run_behind(uint64_t percent) {
  // A large compaction that the shape begins is still done behind.
  if (percent == 0) store_->shape.serve(*store_->db, store_->options);
  if (store_->behind != nullptr) store_->behind->run_behind(percent);
  if (percent > 0) store_->shape.fill(*store_->db);
}

Result<Step> RocksViews::arrange() { return store_->shape.arrange(*store_->db, store_->options); }

StoreSizes RocksViews::sizes() const { return sizes_of(*store_->db); }

}  // namespace spate
