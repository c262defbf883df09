// LogHome: the log of an engine together with what it lives on: its threads, its start, its end.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/app/cluster_home.hpp"
#include "engine/app/runner.hpp"
#include "engine/log/segment_log.hpp"
#include "engine/shipping/shipped_checkpoint.hpp"
#include "engine/telemetry/metrics.hpp"

namespace spate {

class LogHome {
 public:
  /// A thread that the log needs.
  struct Worker {
    std::string name;
    Runner::StepFunction step;
  };
  virtual ~LogHome() = default;
  virtual Log& log() = 0;
  const Log& log() const { return const_cast<LogHome*>(this)->log(); }
  virtual std::vector<Worker> workers() = 0;
  /// The bells of the workers' threads, in their order. Before they start.
  virtual void on_work(const std::vector<Bell*>& bells) = 0;
  /// At the end of a processor's turn: what was appended in it may go. Any thread.
  virtual void turn_ended() {}
  /// Before the workers start; called on a worker's thread. A log without syncs never calls it.
  virtual void on_sync(SegmentWriter::SyncObserver observer) = 0;
  /// Written by this process to its own disk.
  virtual uint64_t stored_bytes() const = 0;
  /// How it was found, for the process's own log.
  virtual std::string found() const = 0;
  /// Where the partition's commands end, decided or not, if more of them may lie in the log than
  /// its owner has read; none: they do not. Any thread.
  virtual std::optional<Cause> commands_end(PartitionId) const { return std::nullopt; }
  /// Adds what only this log measures. Any thread.
  virtual void add_metrics(std::vector<Sample>&) const {}
  /// By how much, at most, views at that sequence are behind the log, which others write as well;
  /// nothing: not known yet. Any thread, once opened.
  virtual std::optional<int64_t> behind_ns(PartitionId, Sequence /*views*/) const {
    return std::nullopt;
  }
  /// Asks for what `take_notes` will find to be as of now. Any thread.
  virtual void want_notes() {}
  /// What a start elsewhere may know of the log without reading it goes below `folder`, where it
  /// lies in a data directory; and which partitions there are, with where each was read up to.
  virtual Result<std::vector<ShippedPartition>> take_notes(const std::string& /*folder*/) {
    return std::vector<ShippedPartition>{};
  }
  /// While a start cannot read the log just now: true after a moment, try again; false: give up.
  virtual bool waits_for(const Fault& /*why*/) { return false; }
  /// From now on this node may be made the owner of partitions. Any thread, once.
  virtual void join() {}
  /// Asks others to take over what this node owns; goes on until they do. Any thread.
  virtual void leave() {}
  /// Whether surely no node is left that could take over. Blocks for a moment. Once it has left.
  virtual bool nobody_left() const { return true; }
  /// What is told to be durable lies before it; none: there are no segments to copy. Any thread.
  virtual std::optional<SegmentEnd> durable_end() const { return std::nullopt; }
  /// The other nodes that share the log; null: there are none.
  virtual ClusterHome* cluster() { return nullptr; }
  /// The end, with nothing left to write. Requires: the workers have stopped.
  virtual Result<void> close() = 0;
};

/// The embedded log.
class SegmentHome final : public LogHome {
 public:
  explicit SegmentHome(std::unique_ptr<SegmentLog> log) : log_(std::move(log)) {}
  Log& log() override { return *log_; }
  const SegmentLog& segment_log() const { return *log_; }
  std::vector<Worker> workers() override {
    return {{"log-writer", [this] { return log_->write_step(); }},
            {"log-preparer", [this] { return log_->prepare_step(); }}};
  }
  void on_work(const std::vector<Bell*>& bells) override {
    log_->on_work(bells[0], bells[1]);
    appended_.to(bells[0]);
    log_->on_appended(&appended_);
  }
  /// A turn's commands and their outcomes reach the writer together: one sync for both.
  void turn_ended() override { appended_.pass_on(); }
  void on_sync(SegmentWriter::SyncObserver observer) override {
    log_->on_sync(std::move(observer));
  }
  uint64_t stored_bytes() const override { return log_->counters().stored_bytes.load(); }
  std::string found() const override;
  std::optional<SegmentEnd> durable_end() const override { return log_->durable_end(); }
  Result<void> close() override { return log_->close(); }

 private:
  std::unique_ptr<SegmentLog> log_;
  GatheringBell appended_;
};

}  // namespace spate
