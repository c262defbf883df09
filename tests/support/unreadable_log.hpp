// UnreadableLog: a log of which the outcomes up to some cannot be read, for good or just now.
#pragma once
#include <optional>

#include "engine/log/log.hpp"

namespace spate {

class UnreadableLog final : public Log {
 public:
  explicit UnreadableLog(Log& log) : log_(log) {}
  std::optional<uint64_t> rotten, away;
  const LogIdentity& identity() const override { return log_.identity(); }
  const Topology& topology() const override { return log_.topology(); }
  Result<Ownership> acquire(PartitionId id) override { return log_.acquire(id); }
  std::optional<Tail> tail(PartitionId id) override { return log_.tail(id); }
  Taken append_commands(PartitionId, BatchPtr) override { return Taken::full; }
  Taken append_outcomes(PartitionId, Epoch, Sequence, BatchPtr) override { return Taken::full; }
  Progress poll(PartitionId id) override { return log_.poll(id); }
  Result<BatchPtr> read(LogSide side, PartitionId id, uint64_t from, std::size_t max) override {
    if (rotten && from <= *rotten) return stop("log_rot", "segment 1 at 8192: its CRC is wrong");
    if (away && from <= *away) return retry("kafka_unreachable", "was not to be had in time");
    return log_.read(side, id, from, max);
  }
  Sequence outcomes_end(PartitionId id) const override { return log_.outcomes_end(id); }
  void on_durable(PartitionId id, Bell* bell) override { log_.on_durable(id, bell); }

 private:
  Log& log_;
};

}  // namespace spate
