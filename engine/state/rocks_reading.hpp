// RocksReading: a store read once, from the disk itself, beside those who serve.
#pragma once
#include <rocksdb/db.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/bytes.hpp"
#include "engine/base/pace.hpp"

namespace spate {

/// Reads past the page cache where the file system can, and past the block cache of those who
/// serve: what is seen is what the disk has, and nobody's blocks are pushed out. One thread.
/// Faults: `store_rot` (what is read fails its checksum), `scan_failed` (it cannot be read),
/// `cancelled`.
class RocksReading {
 public:
  /// A copy of a store (rocks_snapshot.hpp), or one that nobody has open. It stays as it is.
  static Result<std::unique_ptr<RocksReading>> open(const std::string& directory);

  /// None: there is no such key.
  Result<std::optional<std::string>> get(std::string_view key);
  /// Every entry with `from` <= key < `to`, in order. `to` empty: to the last.
  Result<void> each(std::string_view from, std::string_view to, const Pace& pace,
                    const std::function<void(std::string_view key, Bytes value)>& visit);

 private:
  RocksReading(std::string directory, std::unique_ptr<rocksdb::DB> db)
      : directory_(std::move(directory)), db_(std::move(db)) {}

  const std::string directory_;
  const std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace spate
