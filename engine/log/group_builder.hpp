// GroupBuilder: lays queued batches into groups, and says what each group completes.
#pragma once
#include <deque>

#include "engine/log/segment_format.hpp"

namespace spate {

/// A group that waits to be written; its head is filled in when its place is known.
struct FormedGroup {
  struct Run {  ///< records of one batch that lie in this group
    uint32_t dense = 0;
    LogSide side = LogSide::commands;
    uint64_t first = 0;
    uint64_t last = 0;
    PartitionState after;           ///< the partition behind them
    std::size_t settles_bytes = 0;  ///< the batch's bytes when it ends here, else 0
  };
  GroupHead head;    ///< kind, flags, sizes, records
  ByteBuffer bytes;  ///< room for the head, then the body
  std::vector<Run> runs;
};

struct GroupBuilderLimits {
  std::size_t group_bytes_max = 256 << 10;  ///< of raw body; one larger record may exceed it
  std::size_t interleave_bytes = 16 << 10;  ///< of commands before outcomes decided from them
  bool pack = true;
};

/// One thread, the writer's.
class GroupBuilder {
 public:
  GroupBuilder(const Topology& topology, std::vector<PartitionState> states,
               GroupBuilderLimits limits)
      : topology_(topology), states_(std::move(states)), limits_(limits) {}

  void add(BatchPtr batch) { queue_.push_back({std::move(batch), 0}); }
  bool empty() const { return queue_.empty(); }
  /// Requires: not empty. Takes as much of the queue as one group holds, in order.
  FormedGroup form();
  /// A group without records that says what is durable.
  static FormedGroup mark();
  /// Gives the memory of a written group back.
  void recycle(ByteBuffer bytes);

 private:
  struct Queued {
    BatchPtr batch;
    std::size_t placed_bytes = 0;
    bool done() const { return placed_bytes == batch->bytes().size(); }
  };
  struct Share {  ///< how much of a batch to lay down now
    std::size_t bytes_max = ~std::size_t{0};
    bool decided_only = false;  ///< outcomes whose commands lie before them (A1)
    bool keep_last = false;     ///< not its last record
  };
  bool place_next(FormedGroup& group);
  void pack(FormedGroup& group);
  void place(Queued& queued, FormedGroup& group, Share share);
  bool is_decided(const RecordView& outcome, uint32_t dense) const;

  const Topology& topology_;
  std::vector<PartitionState> states_;  // behind all that was formed
  const GroupBuilderLimits limits_;
  std::deque<Queued> queue_;
  std::vector<ByteBuffer> spare_;
  ByteBuffer packed_;  // scratch
  uint32_t groups_to_skip_ = 0, skip_next_ = 0;
};

}  // namespace spate
