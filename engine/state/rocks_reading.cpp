// A read-only opening with a small cache of its own.
#include "engine/state/rocks_reading.hpp"

#include "engine/state/rocks_options.hpp"
#include "engine/state/rocks_slice.hpp"

namespace spate {
namespace {

constexpr std::size_t cache_bytes = 4 << 20;  // indexes of the tables under the cursor
// Of each table under the cursor: a store that is being filled has many.
constexpr std::size_t readahead_bytes = 64 << 10;
constexpr int open_tables_max = 256;
constexpr std::size_t piece_bytes = 64 << 10;

tl::unexpected<Fault> reading_failed(const std::string& directory, const rocksdb::Status& status) {
  const std::string detail = directory + ": " + status.ToString();
  if (status.IsCorruption()) return stop("store_rot", detail);
  return stop("scan_failed", detail + "; see to the disk");
}

rocksdb::Options options_for(bool past_page_cache) {
  rocksdb::Options options = ordered_options(false);
  options.create_if_missing = false;
  options.use_direct_reads = past_page_cache;
  options.max_open_files = open_tables_max;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory([] {
    rocksdb::BlockBasedTableOptions table = cached_tables(cache_bytes);
    table.max_auto_readahead_size = readahead_bytes;
    return table;
  }()));
  return options;
}

}  // namespace

Result<std::unique_ptr<RocksReading>> RocksReading::open(const std::string& directory) {
  rocksdb::DB* db = nullptr;
  auto status = rocksdb::DB::OpenForReadOnly(options_for(true), directory, &db);
  if (status.IsInvalidArgument() || status.IsNotSupported() || status.IsIOError())
    status = rocksdb::DB::OpenForReadOnly(options_for(false), directory, &db);
  if (!status.ok()) return reading_failed(directory, status);
  return std::unique_ptr<RocksReading>(
      new RocksReading(directory, std::unique_ptr<rocksdb::DB>(db)));
}

Result<std::optional<std::string>> RocksReading::get(std::string_view key) {
  std::string value;
  const auto status = db_->Get({}, slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (!status.ok()) return reading_failed(directory_, status);
  return std::optional(std::move(value));
}

Result<void> RocksReading::each(std::string_view from, std::string_view to, const Pace& pace,
                                const std::function<void(std::string_view, Bytes)>& visit) {
  const rocksdb::Slice end = slice(to);
  rocksdb::ReadOptions how;
  how.fill_cache = false;
  if (!to.empty()) how.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(how));
  std::size_t unpaced = 0;
  for (entry->Seek(slice(from)); entry->Valid(); entry->Next()) {
    const rocksdb::Slice key = entry->key(), value = entry->value();
    visit({key.data(), key.size()}, as_bytes({value.data(), value.size()}));
    if ((unpaced += key.size() + value.size()) < piece_bytes) continue;
    TRY(keep_pace(pace, std::exchange(unpaced, 0)));
  }
  if (!entry->status().ok()) return reading_failed(directory_, entry->status());
  return keep_pace(pace, unpaced);
}

}  // namespace spate
