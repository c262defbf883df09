// RecentWindow: the newest batches of every partition in memory, so that readers rarely touch disk.
#pragma once
#include <deque>
#include <mutex>
#include <optional>

#include "engine/log/log.hpp"

namespace spate {

/// Holds every undurable batch (the log bounds those) and durable ones up to a number of bytes.
/// Any thread looks; owners add to their partition; the writer alone settles.
class RecentWindow {
 public:
  /// `on_disk[side]` by dense index: numbers up to there are found on disk only.
  struct Floor {
    uint64_t on_disk[2] = {0, 0};
  };
  RecentWindow(std::vector<Floor> floors, std::size_t durable_bytes_max);

  void add(uint32_t dense, BatchPtr batch);
  /// The batch became durable: from now on it may be dropped, oldest first.
  void settle(uint32_t dense, LogSide side, uint64_t last, std::size_t bytes);

  /// The batch with record `from` or the first after it, or null when there is none newer.
  /// No value: it is older than the window, ask the disk.
  std::optional<BatchPtr> find(uint32_t dense, LogSide side, uint64_t from) const;

 private:
  struct Slot {
    mutable std::mutex mutex;
    std::deque<BatchPtr> batches[2];
    uint64_t on_disk[2] = {0, 0};
  };
  struct Token {
    uint32_t dense;
    LogSide side;
    uint64_t last;
    std::size_t bytes;
  };
  void drop(const Token& token);

  std::vector<Slot> slots_;
  const std::size_t durable_bytes_max_;
  std::deque<Token> durable_;  // of the writer
  std::size_t durable_bytes_ = 0;
};

}  // namespace spate
