// TailCheck: folds records into the tails of their partitions and says what does not fit (A1, C5).
#pragma once
#include "engine/log/segment_format.hpp"

namespace spate {

class TailCheck {
 public:
  explicit TailCheck(const Topology& topology);

  /// Takes the tails of an opening; empty text, or why it cannot be.
  std::string start_from(const std::vector<PartitionState>& states);
  /// Empty text when the record is whole and continues its partition, else what is wrong with it.
  std::string add(const RecordView& record);
  /// Highest cause ≤ highest command in every partition (A1).
  std::string finish() const;

  /// By dense index.
  const std::vector<PartitionState>& states() const { return states_; }
  std::vector<PartitionState> take_states() { return std::move(states_); }

 private:
  std::string add_outcome(const RecordView& record, PartitionState& state);
  const Topology& topology_;
  std::vector<PartitionState> states_;
};

/// "outcome 17 of partition 1.3"
std::string name_of(const RecordHead& head);

}  // namespace spate
