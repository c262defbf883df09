// CheckpointShipping: a node's part in shipping checkpoints: whether, from what, to where.
#pragma once
#include "engine/app/checkpoint_source.hpp"
#include "engine/app/config.hpp"
#include "engine/shipping/checkpoint_shipper.hpp"
#include "engine/shipping/directory_depot.hpp"
#include "engine/telemetry/metrics.hpp"

namespace spate {

/// One node ships at a time: the owner of the first partition. A node that does not fold what
/// others decide has not all rows and never ships. Stepped by a thread of its own.
class CheckpointShipping {
 public:
  /// `settle`: asks the stores to write what they have. Any thread.
  CheckpointShipping(const Config& config, CheckpointSource::Parts source, const Clock& clock,
                     std::function<void()> settle, std::function<void(const std::string&)> tell);

  Result<Step> step() { return shipper_.step(); }
  /// Any thread.
  void add_metrics(const Clock& clock, std::vector<Sample>& out) const;

 private:
  CheckpointSource source_;
  DirectoryDepot depot_;
  CheckpointShipper shipper_;
};

}  // namespace spate
