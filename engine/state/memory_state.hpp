// MemoryState: rows in memory, for tests and simulation; loses the newest batches in a crash (C1).
#pragma once
#include <deque>
#include <map>
#include <mutex>

#include "engine/state/state_store.hpp"

namespace spate {

/// Behaves like a store without a write-ahead log: the last batches are in nobody's safe until
/// `flush`, and a crash keeps a prefix of them (K1).
class MemoryState final : public StateStore {
 public:
  Result<std::optional<Checkpoint>> checkpoint() override;
  Result<void> get(std::span<const std::string_view> keys,
                   std::vector<std::optional<std::string>>& values) override;
  Result<void> write(std::span<const RowWrite> rows, const Checkpoint& at) override;
  Result<void> each(const std::function<void(std::string_view, Bytes)>& visit) override;
  Result<void> clear() override;

  /// Every batch written so far survives a crash.
  void flush();
  /// Loses all batches since the last flush but the first `keep_batches` of them.
  void crash(std::size_t keep_batches);
  std::size_t unflushed_batches() const;
  /// The next `count` reads or writes fail with `code`.
  void fail_next(std::size_t count, std::string code);

 private:
  struct Batch {
    std::vector<std::pair<std::string, std::optional<std::string>>> rows;
    std::optional<Checkpoint> at;
    bool clears = false;
  };
  struct Contents {
    std::map<std::string, std::string, std::less<>> rows;
    std::optional<Checkpoint> at;
    void apply(const Batch& batch);
  };
  Result<void> failure();

  mutable std::mutex mutex_;  // write runs on a checkpointer's thread
  Contents safe_;
  Contents now_;
  std::deque<Batch> unflushed_;
  std::size_t failures_ = 0;
  std::string failure_code_;
};

}  // namespace spate
