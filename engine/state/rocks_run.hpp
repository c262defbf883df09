// RocksRun: a large sorted batch that enters RocksDB as a finished table, past the memtable.
// Small ones do better to share a memtable and its flush: a run costs three syncs, and many small
// tables are compacted more often.
#pragma once
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>

#include <cstdint>
#include <optional>
#include <string>

namespace spate {

/// All entries or none are in the database, and on disk, once `finish` said so. An unfinished run
/// leaves nothing. RocksDB flushes an unwritten batch first if it holds any key between the run's
/// first and last, so that a crash still leaves a prefix of the batches. One thread.
class RocksRun {
 public:
  /// Stays: in the page cache, for readers that come soon. Passes: past it, where the file system
  /// can; for who writes so much that it would push out what others read.
  enum class Written : uint8_t { stays, passes };
  /// `options`: those the database was opened with. `name`: unique among the runs under way.
  RocksRun(rocksdb::DB& db, const rocksdb::Options& options, std::string_view name,
           Written written = Written::stays);
  ~RocksRun();
  RocksRun(const RocksRun&) = delete;
  RocksRun& operator=(const RocksRun&) = delete;

  /// Keys ascend strictly. The first failure stays, `finish` returns it.
  void put(const rocksdb::Slice& key, const rocksdb::Slice& value);
  void erase(const rocksdb::Slice& key);
  rocksdb::Status finish();

  /// False: so many tables wait for compaction that a batch should go through `DB::Write`, which
  /// slows down by RocksDB's own rules; a run would not.
  static bool has_room(rocksdb::DB& db);
  /// Deletes what a process that was killed within a run has left. Before the database is opened.
  static void sweep(const std::string& directory);

 private:
  rocksdb::DB& db_;
  const std::string path_;
  std::optional<rocksdb::SstFileWriter> writer_;
  rocksdb::Status status_;
};

}  // namespace spate
