// OutcomeFeeds: what durable outcomes say to other systems: dead letters, feeds of events.
#pragma once
#include <functional>
#include <memory>

#include "engine/base/clock.hpp"
#include "engine/feeds/partition_feeds.hpp"

namespace spate {

struct OutcomeFeedsParts {
  Log* log = nullptr;
  FeedClient* client = nullptr;
  const Clock* clock = nullptr;
  const Catalog* catalog = nullptr;
  /// Whether this node owns the partition: its owner alone feeds it. Asked by the stepping thread.
  std::function<bool(PartitionId)> owns;
  std::vector<std::unique_ptr<FeedRendering>> feeds;
  FeedLimits limits;
  PartitionFeeds::Tell tell;  ///< what an operator must know
};

/// Pulls from the log what is durable and valid, so that nothing derived leaves before it (A3), and
/// no feed ever holds up a command. How far it came is noted in a compacted topic: who owns the
/// partition next goes on there.
///
/// At least once: what was delivered after the last note comes again after a crash or a move, under
/// the same position. Threads: one steps; figures may be read by any.
class OutcomeFeeds final : private FeedSink {
 public:
  explicit OutcomeFeeds(OutcomeFeedsParts parts);

  /// Idle until a bell of the log or the client rings, or time passes.
  Result<Step> step();
  /// The end: waits for what is under way, at most so long, and notes it.
  void finish(int64_t ms_max);

  /// Any thread. Null: no feed has the partition's domain.
  const PartitionFeeds* of(PartitionId partition) const;
  const std::vector<std::unique_ptr<PartitionFeeds>>& partitions() const { return partitions_; }

 private:
  void delivered(uint64_t token) override;
  void failed(uint64_t token, const std::string& reason) override;
  void follow_ownership(int64_t now_ns);
  void start(PartitionFeeds& partition, const std::string& note);
  void begin_again(int64_t now_ns);
  void note_all();
  uint64_t next_base(std::size_t place);

  OutcomeFeedsParts parts_;
  std::vector<std::unique_ptr<PartitionFeeds>> partitions_;
  std::vector<uint64_t> generations_;  // by place in partitions_
  std::string failure_;
  int64_t retry_at_ns_ = 0;
  int64_t note_at_ns_ = 0;
};

}  // namespace spate
