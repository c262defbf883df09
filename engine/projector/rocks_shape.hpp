// RocksShape: how often a store of views compacts, while it is filled and as it serves.
#pragma once
#include <rocksdb/db.h>

#include <atomic>

#include "engine/base/step.hpp"

namespace spate {

/// A store that is filled has tables which each span all keys: the fewer compactions and levels,
/// the less often each view is written again. But a read asks every table, so it goes by what is
/// read.
class RocksShape {
 public:
  /// From now on the store is filled, or serves in the shape of `serving`, the options it was
  /// opened with. Not while it is written.
  void fill(rocksdb::DB& db);
  void serve(rocksdb::DB& db, const rocksdb::Options& serving);
  /// From filled to serving by one compaction of all that is filled, where there is enough of it:
  /// worked until that is done. The thread that writes.
  Step arrange(rocksdb::DB& db, const rocksdb::Options& serving);
  /// Any thread.
  bool is_filled() const { return state_.load(std::memory_order_relaxed) != State::serving; }
  /// Any thread: the store is asked for a view.
  void note_read() {
    if (is_filled()) reads_.fetch_add(1, std::memory_order_relaxed);
  }
  /// The thread that writes: so many views more.
  void note_written(rocksdb::DB& db, std::size_t views);

 private:
  enum class State : uint8_t { serving, filled, arranged, under_way };

  std::atomic<State> state_{State::serving};
  std::atomic<bool> is_read_{false};
  std::atomic<uint64_t> reads_{0};
  uint64_t written_ = 0;  // since reads were counted anew
};

}  // namespace spate
