// PastFold: the views of one stream as they were, folded aside, in memory, from the log alone.
#pragma once
#include "engine/log/outcome_walk.hpp"
#include "engine/projector/event_fold.hpp"
#include "engine/projector/memory_views.hpp"
#include "engine/projector/past_views.hpp"
#include "engine/projector/view_list.hpp"

namespace spate {

/// Outcomes of other streams are passed over, so views gathered over streams are not right in it,
/// and it does not answer for them.
class PastFold final : public PastView, public ViewReader {
 public:
  PastFold(Log& log, const ProjectedDomain& domain, PartitionId partition, std::string_view stream,
           Sequence through, std::size_t bytes_max);

  Result<Step> step(uint64_t outcomes_max) override;
  ViewReader& views() override { return *this; }

  Sequence position(PartitionId partition) const override;
  bool whole(PartitionId) const override { return true; }
  std::string stopped(PartitionId) const override { return {}; }
  Result<bool> get(const ViewAddress& address, std::string& value) override;
  /// Requires: never asked; see above.
  Result<std::vector<std::string>> gather(uint16_t, uint8_t, std::string_view) override;
  /// Items of the stream.
  Result<ListPage> list(const ListQuery& query) override;
  void on_advance(Bell*) override {}

 private:
  Result<void> fold(const envelope::Outcome& outcome);

  const ProjectedDomain& domain_;
  const std::string stream_;
  const Sequence through_;
  const std::size_t bytes_max_;
  OutcomeWalk walk_;
  MemoryViews nothing_;  // below what is folded here
  PartitionViews views_;
  StagedViews staged_;
};

/// Of a log whose domains are projected so.
class LogPast final : public PastViews {
 public:
  /// `bytes_max`: of the views of one fold.
  LogPast(Log& log, std::vector<ProjectedDomain> domains, std::size_t bytes_max)
      : log_(log), domains_(std::move(domains)), bytes_max_(bytes_max) {}

  std::unique_ptr<PastView> begin(PartitionId partition, std::string_view stream,
                                  Sequence through) override;

 private:
  Log& log_;
  const std::vector<ProjectedDomain> domains_;
  const std::size_t bytes_max_;
};

}  // namespace spate
