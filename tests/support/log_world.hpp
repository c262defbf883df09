// LogWorld: a segment log on a simulated disk beside a model of what it must still hold.
#pragma once
#include "engine/log/segment_log.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {

/// Small segments, groups and windows, so that every path is walked within a few dozen appends.
SegmentLogOptions small_log_options();

/// Lives of one process after another over one disk. The model: all that was appended, and how much
/// of it the log said was durable. A new life must find at least that, at most what was appended,
/// in order; what it found counts as told from then on.
class LogWorld {
 public:
  LogWorld(uint64_t seed, int sync_polls_max, SegmentLogOptions options = small_log_options());

  SimulatedDisk& disk() { return disk_; }
  SegmentLog* log() { return log_.get(); }
  VirtualClock& clock() { return clock_; }
  const std::vector<PartitionId>& partitions() const { return topology_.partitions(); }

  /// Opens the log and compares it with the model; a fault when it does not open.
  Result<void> start();
  /// The power goes at the `n`-th call of the next start.
  void cut_power_in_next_start(uint64_t n) { cut_in_start_ = n; }
  /// One small thing at random: appends, a turn of the writer or preparer, time, a question.
  void act();
  /// `commands` new commands of a partition and outcomes of all that have none.
  void append(PartitionId partition, std::size_t commands, std::size_t text_bytes = 20);
  /// Steps until all that was appended is durable, or the process would end.
  void settle();
  void pass_ms(int64_t ms) { clock_.advance_ns(ms * 1'000'000); }
  Result<void> close();
  /// kill -9: the page cache stays.
  void kill();

  /// The fault with which the process would have ended.
  const std::optional<Fault>& ended() const { return ended_; }
  /// What contradicts the model; empty = nothing so far.
  const std::string& wrong() const { return wrong_; }
  /// "1.0 commands 5 outcomes 3, …" as the log has them.
  std::string counts();
  uint64_t told_records() const;

 private:
  struct Side {
    std::vector<uint32_t> records;  // crc of each, by number - 1
    std::size_t told = 0;           // so many were said to be durable
  };
  struct Line {
    Side sides[2];
    Ownership owned;
    uint64_t next_cause = 1;  // to decide
    uint64_t last_cause = 0;  // appended
  };
  void note(Result<Step> stepped);
  void hear(PartitionId partition);
  void compare(PartitionId partition, LogSide side);
  Line& line(PartitionId id) { return lines_[topology_.dense_index(id)]; }
  std::string text_of(std::size_t bytes);

  const SegmentLogOptions options_;
  const Topology topology_;
  std::mt19937_64 random_;
  SimulatedDisk disk_;
  VirtualClock clock_;
  std::vector<Line> lines_;
  std::unique_ptr<SegmentLog> log_;
  std::optional<Fault> ended_;
  std::optional<uint64_t> cut_in_start_;
  std::string wrong_;
};

}  // namespace spate
