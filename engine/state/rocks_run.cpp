// Sorting is done already; a memtable would do it again, entry by entry.
#include "engine/state/rocks_run.hpp"

#include <rocksdb/table.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace spate {
namespace {

// No name of RocksDB's, which leaves such files alone, but a table's to rocks_patience.
constexpr std::string_view suffix = ".run.sst";

rocksdb::Options writer_options(rocksdb::Options options) {
  // A writer takes the last level's compression, but a run enters at the first.
  if (!options.compression_per_level.empty())
    options.compression = options.compression_per_level.front();
  options.compression_per_level.clear();
  // At the first level all of a table's filter and index is held anyhow: whole ones are sooner
  // built, and asked without a look into the cache.
  if (const auto* cut = options.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>()) {
    rocksdb::BlockBasedTableOptions whole = *cut;
    whole.partition_filters = false;
    whole.index_type = rocksdb::BlockBasedTableOptions::kBinarySearch;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(whole));
  }
  return options;
}

/// As what RocksDB writes itself in the background: else the sync at the end of a run of many MiB
/// holds up everybody's.
rocksdb::EnvOptions file_options(const rocksdb::Options& options) {
  rocksdb::EnvOptions file;
  file.rate_limiter = options.rate_limiter.get();
  file.bytes_per_sync = options.bytes_per_sync;
  return file;
}

}  // namespace

RocksRun::RocksRun(rocksdb::DB& db, const rocksdb::Options& options, std::string_view name,
                   Written written)
    : db_(db), path_(db.GetName() + "/" + std::string(name) + std::string(suffix)) {
  rocksdb::EnvOptions file = file_options(options);
  const auto open = [&] {
    writer_.emplace(file, writer_options(options), nullptr, false, rocksdb::Env::IO_HIGH);
    status_ = writer_->Open(path_);
  };
  file.use_direct_writes = written == Written::passes;
  open();
  if (status_.ok() || !std::exchange(file.use_direct_writes, false)) return;
  open();  // no file system for that
}

RocksRun::~RocksRun() {
  std::error_code gone;  // usually moved away by `finish`
  std::filesystem::remove(path_, gone);
}

void RocksRun::put(const rocksdb::Slice& key, const rocksdb::Slice& value) {
  if (status_.ok()) status_ = writer_->Put(key, value);
}

void RocksRun::erase(const rocksdb::Slice& key) {
  if (status_.ok()) status_ = writer_->Delete(key);
}

rocksdb::Status RocksRun::finish() {
  if (status_.ok()) status_ = writer_->Finish();
  if (!status_.ok()) return status_;
  rocksdb::IngestExternalFileOptions how;
  how.move_files = true;
  how.write_global_seqno = false;  // else the file is written and synced a second time
  return status_ = db_.IngestExternalFile({path_}, how);
}

bool RocksRun::has_room(rocksdb::DB& db) {
  std::string tables;
  db.GetProperty(rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0", &tables);
  return std::atoi(tables.c_str()) < db.GetOptions().level0_slowdown_writes_trigger;
}

void RocksRun::sweep(const std::string& directory) {
  std::error_code unreadable;  // then opening the database says so
  for (const auto& entry : std::filesystem::directory_iterator(directory, unreadable))
    if (entry.path().native().ends_with(suffix)) std::filesystem::remove(entry.path(), unreadable);
}

}  // namespace spate
