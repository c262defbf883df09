// One database; keys as in rocks_row_keys.hpp.
#include "engine/state/rocks_state.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <atomic>

#include "engine/base/ensure.hpp"
#include "engine/state/checkpoint_record.hpp"
#include "engine/state/rocks_options.hpp"
#include "engine/state/rocks_row_keys.hpp"
#include "engine/state/rocks_slice.hpp"
#include "engine/state/rocks_snapshot.hpp"
#include "engine/state/rocks_run.hpp"

namespace spate {
namespace {

constexpr std::size_t memtable_bytes_min = 1 << 20;
constexpr std::size_t memtable_bytes_max = 128 << 20;

tl::unexpected<Fault> failed(const char* code, const std::string& directory,
                             const rocksdb::Status& status) {
  if (status.IsCorruption())
    return stop("rows_rot", directory + ": " + status.ToString() +
                                "; delete that directory, its rows are folded again from the log");
  return stop(code, directory + ": " + status.ToString() +
                        "; see to the disk, then start again: the rows follow from the log");
}

rocksdb::Options options_for(const RocksStateOptions& given) {
  rocksdb::Options options = ordered_options(given.waits_for_room);
  options.avoid_flush_during_shutdown = true;  // close() flushes and says whether it worked
  options.paranoid_checks = true;
  options.max_background_jobs = 2;
  options.disable_auto_compactions = given.compacts_later;
  options.keep_log_file_num = 4;
  options.max_log_file_size = 4 << 20;
  options.compression = rocksdb::kLZ4Compression;
  options.optimize_filters_for_hits = true;  // rows that never were are not asked for
  // A run holds one partition, so a row is looked for in its partition's share of them only.
  options.level0_file_num_compaction_trigger = 16;
  options.level0_slowdown_writes_trigger = 40;
  options.level0_stop_writes_trigger = 60;
  options.write_buffer_size =
      std::clamp(given.memory_bytes / 4, memtable_bytes_min, memtable_bytes_max);
  options.max_write_buffer_number = 4;

  const rocksdb::BlockBasedTableOptions table = cached_tables(given.memory_bytes);
  options.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(
      given.memory_bytes / 2, table.block_cache);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

struct RocksStateStores::State {
  std::string directory;
  RocksStateOptions options;
  rocksdb::Options rocks;
  std::unique_ptr<rocksdb::DB> db;
  std::atomic<std::size_t> unflushed_bytes{0}, unflushed_batches{0};
  std::atomic<uint64_t> unflushed_outcomes{0};

  Result<void> write(rocksdb::WriteBatch& batch, uint64_t outcomes);
  Result<void> flush(bool wait);
  rocksdb::Cache& cache() const {
    return *rocks.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>()->block_cache;
  }
};

Result<void> RocksStateStores::State::flush(bool wait) {
  unflushed_bytes = unflushed_batches = 0;
  unflushed_outcomes = 0;
  rocksdb::FlushOptions how;
  how.wait = wait;
  how.allow_write_stall = true;  // there is no writer but ours
  if (const auto status = db->Flush(how); !status.ok())
    return failed("rows_write_failed", directory, status);
  return {};
}

Result<void> RocksStateStores::State::write(rocksdb::WriteBatch& batch, uint64_t outcomes) {
  rocksdb::WriteOptions how;
  how.disableWAL = true;
  const std::size_t size = batch.GetDataSize();
  if (const auto status = db->Write(how, &batch); !status.ok())
    return failed("rows_write_failed", directory, status);
  const bool much = (unflushed_bytes += size) > options.flush_bytes_max;
  const bool many = ++unflushed_batches >= options.flush_batches_max;
  const bool far = (unflushed_outcomes += outcomes) >= options.flush_outcomes_max;
  return much || many || far ? flush(false) : Result<void>{};
}

namespace {

/// One partition's rows behind its prefix.
template <class Database>
class PartitionRows final : public StateStore {
 public:
  PartitionRows(Database& database, PartitionId id)
      : database_(database),
        partition_(id),
        keys_(id) {}

  Result<std::optional<Checkpoint>> checkpoint() override {
    std::string record;
    const auto status = database_.db->Get({}, slice(keys_.checkpoint), &record);
    if (status.IsNotFound()) return std::optional<Checkpoint>{};
    if (!status.ok()) return failed("rows_read_failed", database_.directory, status);
    TRY(Checkpoint at, checkpoint_of(as_bytes(record)));
    written_ = std::max(written_, at.sequence.value);
    const auto found = database_.db->Get({}, slice(keys_.digest), &record);
    if (found.ok()) at.digest = digest_of(as_bytes(record), at);
    else if (!found.IsNotFound()) return failed("rows_read_failed", database_.directory, found);
    return std::optional(at);
  }

  Result<void> get(std::span<const std::string_view> keys,
                   std::vector<std::optional<std::string>>& values) override {
    std::vector<std::string> names;
    for (std::string_view key : keys) names.push_back(keys_.prefix + std::string(key));
    const std::vector<rocksdb::Slice> slices(names.begin(), names.end());
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    database_.db->MultiGet({}, database_.db->DefaultColumnFamily(), slices.size(), slices.data(),
                           found.data(), statuses.data());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].ok()) values.emplace_back(found[i].ToString());
      else if (statuses[i].IsNotFound()) values.emplace_back(std::nullopt);
      else return failed("rows_read_failed", database_.directory, statuses[i]);
    }
    return {};
  }

  Result<void> write(std::span<const RowWrite> rows, const Checkpoint& at) override {
    const uint64_t before = std::exchange(written_, at.sequence.value);
    std::size_t bytes = 256;
    for (const RowWrite& row : rows) bytes += row.key.size() + row.value.size() + 16;
    if (bytes >= database_.options.run_bytes_min && RocksRun::has_room(*database_.db))
      return write_run(rows, at);
    rocksdb::WriteBatch batch(bytes);
    std::string key = keys_.prefix;
    batch.Put(slice(keys_.checkpoint), to_record(at));
    batch.Put(slice(keys_.digest), to_digest_record(at));
    for (const RowWrite& row : rows) {
      set_key(key, row);
      if (row.value.data() == nullptr) batch.Delete(key);
      else batch.Put(key, slice(row.value));
    }
    return database_.write(batch, written_ > before ? written_ - before : 0);
  }

  Result<void> each(const std::function<void(std::string_view, Bytes)>& visit) override {
    const rocksdb::Slice end_slice(keys_.end);
    rocksdb::ReadOptions how;
    how.fill_cache = false;
    how.readahead_size = 2 << 20;
    if (!keys_.end.empty()) how.iterate_upper_bound = &end_slice;
    const std::unique_ptr<rocksdb::Iterator> row(database_.db->NewIterator(how));
    for (row->Seek(keys_.first_row); row->Valid(); row->Next()) {
      const rocksdb::Slice key = row->key(), value = row->value();
      visit({key.data() + RowStoreKeys::prefix_bytes, key.size() - RowStoreKeys::prefix_bytes},
            as_bytes({value.data(), value.size()}));
    }
    if (!row->status().ok()) return failed("rows_read_failed", database_.directory, row->status());
    return {};
  }

  Result<void> clear() override {
    rocksdb::WriteBatch batch;
    const std::string beyond_all(300, '\xff');
    batch.DeleteRange(slice(keys_.prefix), keys_.end.empty() ? beyond_all : keys_.end);
    written_ = 0;
    TRY(database_.write(batch, 0));
    return database_.flush(true);
  }

 private:
  void set_key(std::string& key, const RowWrite& row) const {
    ENSURE(!row.key.empty() && row.key[0] != '\0');
    key.resize(RowStoreKeys::prefix_bytes);
    key += row.key;
  }

  /// The checkpoint is the partition's first key, so its batches in the memtable go to disk first.
  Result<void> write_run(std::span<const RowWrite> rows, const Checkpoint& at) {
    RocksRun run(*database_.db, database_.rocks, "rows-" + std::to_string(partition_.packed()));
    run.put(slice(keys_.checkpoint), to_record(at));
    run.put(slice(keys_.digest), to_digest_record(at));
    std::string key = keys_.prefix;
    for (const RowWrite& row : rows) {
      set_key(key, row);
      if (row.value.data() == nullptr) run.erase(key);
      else run.put(key, slice(row.value));
    }
    if (const auto status = run.finish(); !status.ok())
      return failed("rows_write_failed", database_.directory, status);
    return {};
  }

  Database& database_;
  const PartitionId partition_;
  const RowStoreKeys keys_;
  uint64_t written_ = 0;  // sequence of the last write, for how far the disk is behind
};

}  // namespace

RocksStateStores::RocksStateStores(std::unique_ptr<State> state) : state_(std::move(state)) {}
RocksStateStores::~RocksStateStores() = default;

Result<std::unique_ptr<RocksStateStores>> RocksStateStores::open(const std::string& directory,
                                                                 RocksStateOptions given) {
  auto state = std::make_unique<State>();
  state->directory = directory;
  state->options = given;
  state->rocks = options_for(given);
  RocksRun::sweep(directory);
  rocksdb::DB* db = nullptr;
  if (const auto status = rocksdb::DB::Open(state->rocks, directory, &db); !status.ok())
    return failed("rows_open_failed", directory, status);
  state->db.reset(db);
  return std::unique_ptr<RocksStateStores>(new RocksStateStores(std::move(state)));
}

std::unique_ptr<StateStore> RocksStateStores::partition(PartitionId id) {
  return std::make_unique<PartitionRows<State>>(*state_, id);
}

Result<void> RocksStateStores::flush() { return state_->flush(true); }

Result<void> RocksStateStores::snapshot(const std::string& directory) {
  return snapshot_of(*state_->db, directory);
}

Result<void> RocksStateStores::compact() {
  if (const auto status = compact_from_now_on(*state_->db); !status.ok())
    return failed("rows_write_failed", state_->directory, status);
  return {};
}

Result<void> RocksStateStores::close() {
  TRY(state_->flush(true));
  if (const auto status = state_->db->Close(); !status.ok())
    return failed("rows_write_failed", state_->directory, status);
  state_->db.reset();
  return {};
}

std::size_t RocksStateStores::memory_bytes() const { return state_->cache().GetUsage(); }

StoreSizes RocksStateStores::sizes() const { return sizes_of(*state_->db); }

}  // namespace spate
