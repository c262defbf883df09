// LogReading: the outcomes of a log for who only folds them, whoever writes it meanwhile.
#pragma once
#include <atomic>
#include <functional>
#include <optional>

#include "engine/log/log.hpp"

namespace spate {

/// What cannot be read just now is waited for, on the reading thread: a fold has nothing better to
/// do, and must not take it for the end. Any thread reads.
class LogReading final : public Log {
 public:
  struct Limits {
    std::optional<Sequence> last;              ///< of every partition: nothing behind it is there
    const std::atomic<bool>* ends = nullptr;   ///< set: a read is `cancelled`
    std::function<void(const Fault&)> waits;   ///< called at each turn of waiting; may be empty
  };
  LogReading(Log& log, Limits limits) : log_(log), limits_(std::move(limits)) {}

  const LogIdentity& identity() const override { return log_.identity(); }
  const Topology& topology() const override { return log_.topology(); }
  Result<Ownership> acquire(PartitionId) override { return retry("not_owned", "only read"); }
  Taken append_commands(PartitionId, BatchPtr) override { return Taken::full; }
  Taken append_outcomes(PartitionId, Epoch, Sequence, BatchPtr) override { return Taken::full; }
  Progress poll(PartitionId) override { return {}; }
  Sequence outcomes_end(PartitionId partition) const override {
    return limits_.last ? *limits_.last : log_.outcomes_end(partition);
  }
  void on_durable(PartitionId, Bell*) override {}
  Result<BatchPtr> read(LogSide side, PartitionId partition, uint64_t from,
                        std::size_t bytes_max) override;

 private:
  Log& log_;
  const Limits limits_;
};

}  // namespace spate
