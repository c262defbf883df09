// RocksDB's own checkpoints.
#include "engine/state/rocks_snapshot.hpp"

#include <rocksdb/sst_file_reader.h>
#include <rocksdb/utilities/checkpoint.h>

#include <memory>

namespace spate {
namespace {

tl::unexpected<Fault> snapshot_failed(const std::string& where, const rocksdb::Status& status) {
  return stop("snapshot_failed", where + ": " + status.ToString());
}

}  // namespace

Result<void> snapshot_of(rocksdb::DB& db, const std::string& directory) {
  rocksdb::Checkpoint* made = nullptr;
  if (const auto status = rocksdb::Checkpoint::Create(&db, &made); !status.ok())
    return snapshot_failed(directory, status);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  constexpr uint64_t flush_always = 0;  // there is no write-ahead log to take along
  if (const auto status = checkpoint->CreateCheckpoint(directory, flush_always); !status.ok())
    return snapshot_failed(directory, status);
  return {};
}

Result<void> verify_table(const std::string& path) {
  rocksdb::SstFileReader reader{rocksdb::Options()};
  rocksdb::Status status = reader.Open(path);
  if (status.ok()) status = reader.VerifyChecksum();
  if (!status.ok()) return snapshot_failed(path, status);
  return {};
}

}  // namespace spate
