// MoveFromKafka: a cluster's log moves into a directory of its own: copied, verified, cut over.
#pragma once
#include "engine/log/kafka_log.hpp"
#include "engine/log/move_to_kafka.hpp"
#include "engine/log/segment_log.hpp"

namespace spate {

/// All of it outlives the move.
struct MoveFromKafkaParts {
  Storage* directory = nullptr;    ///< of the new log; its lock is free
  const Clock* clock = nullptr;
  KafkaLog* source = nullptr;      ///< its node's address is `kafka_moved_address`
  MoveNotes* notes = nullptr;
  std::string place;               ///< the cluster, for the directory's mark
  SegmentLogLimits limits;
  /// Steps the source; called at every step and before every change that lasts.
  std::function<Result<void>(bool idle, const MoveProgress&)> pause;
  /// Rows and views folded from both sides must be equal.
  std::function<Result<void>(Log& target)> compare_folds;
};

/// The order is what makes a crash at any instant harmless (G8):
///   1  the directory's mark says `arriving`, the cluster says `leaving`: from here on neither the
///      directory nor a new node is served
///   2  every partition is claimed under an address that ends it (the fence): a node that still
///      runs stops when it reads that, and what it sends behind it counts for nobody
///   3  outcomes up to the fence are copied, and the commands that nobody has decided, each with
///      its number and its stamp; of decided ones only the number of the last
///   4  all is read again from the disk and held against the topics
///   5  the cluster says `left`, then the mark goes: from here on the directory is served
/// Run again it goes on where it ended. Faults: `directory_used`, `cluster_empty`, `log_moving`,
/// `log_rot`, those of the parts.
class MoveFromKafka {
 public:
  explicit MoveFromKafka(MoveFromKafkaParts parts) : parts_(std::move(parts)) {}
  Result<MoveReport> run();
  /// What `run` would do, with nothing changed: outcomes only, commands are known behind the fence.
  Result<MoveReport> plan();

 private:
  Result<bool> judge();
  Result<void> pause(bool idle, MoveProgress::Step step);
  Result<void> fence();
  Result<std::unique_ptr<SegmentLog>> open();
  Result<void> copy(SegmentLog& target);
  Result<void> copy_outcomes(SegmentLog& target, PartitionId id, const Ownership& from,
                             Ownership& to);
  Result<void> copy_commands(SegmentLog& target, PartitionId id, const Ownership& from,
                             Ownership& to);
  Result<void> check_prefix(PartitionId id, const Tail& tail);
  Result<void> drain(SegmentLog& target);
  Result<void> verify(SegmentLog& target);
  Result<void> check_fence();
  std::string name(PartitionId id) const;

  MoveFromKafkaParts parts_;
  MoveReport report_;
  std::vector<Ownership> owned_;  // by dense index: the fence
  std::vector<Cause> ends_;       // by dense index: the last command there
  uint64_t records_ = 0, bytes_ = 0;
};

}  // namespace spate
