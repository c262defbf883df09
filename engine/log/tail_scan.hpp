// TailScan: one pass over the last segment: its whole groups, what is durable, where it breaks.
#pragma once
#include <deque>

#include "engine/log/segment_survey.hpp"
#include "engine/log/tail_check.hpp"

namespace spate {

class TailScan {
 public:
  TailScan(Storage& storage, StoredFile& file, const Hash128& log, const Topology& topology,
           const SegmentPlace& place);

  /// Reads on to the seal or to where no whole group follows, and judges the break (B2).
  Result<void> run();

  bool sealed() const { return sealed_; }
  bool rolled() const { return rolled_; }
  /// Behind the last whole group.
  const SegmentEnd& end() const { return end_; }
  const std::vector<PartitionState>& states() const { return check_.states(); }

  /// Groups up to here are known to have been durable.
  uint64_t durable_through() const { return durable_through_; }
  const SegmentEnd& durable_end() const { return durable_end_; }
  const std::vector<PartitionState>& durable_states() const { return durable_states_; }
  /// Groups beyond: whole, but perhaps only in the page cache.
  struct Undurable {
    GroupHead head;
    SegmentEnd end;  ///< behind it
    std::vector<PartitionState> changed;
  };
  const std::deque<Undurable>& undurable() const { return undurable_; }
  /// From `end` on: bytes that are not zero, up to the last of them.
  uint64_t torn_bytes() const { return torn_bytes_; }

 private:
  Result<bool> take(Group& group);
  Result<bool> find_seal();
  Result<void> judge_break();
  void settle(uint64_t durable_through);
  Result<void> measure_torn();

  Storage& storage_;
  StoredFile& file_;
  GroupScanner scanner_;
  const Topology& topology_;
  const SegmentPlace& place_;
  TailCheck check_;
  SegmentEnd end_;
  bool sealed_ = false;
  bool rolled_ = false;
  uint64_t durable_through_ = 0;
  SegmentEnd durable_end_;
  std::vector<PartitionState> durable_states_;
  std::deque<Undurable> undurable_;
  uint64_t torn_bytes_ = 0;
};

}  // namespace spate
