// PartitionFeeds: carries one partition's durable outcomes into the feeds that want them.
#pragma once
#include <functional>

#include "engine/base/counter.hpp"
#include "engine/base/step.hpp"
#include "engine/feeds/feed_progress.hpp"
#include "engine/feeds/feed_rendering.hpp"
#include "engine/log/feed_client.hpp"

namespace spate {

struct FeedLimits {
  std::size_t read_bytes_max = 256 << 10;    ///< of outcomes read at a time, a partition
  std::size_t turn_records_max = 1'000;      ///< sent in one turn of a partition
  std::size_t in_flight_max = 20'000;        ///< records sent and not reported, a partition
  int64_t note_interval_ns = int64_t{2'000} * 1'000'000;   ///< so much comes again after a crash
  int64_t retry_delay_ns = int64_t{1'000} * 1'000'000;     ///< after a failure
};

/// Reads once for all feeds, each of which stands at a position of its own until all have caught
/// up. Records are sent in the order of the outcomes; a position moves when all before it are
/// reported. After a crash or a failure what was not noted comes again (at least once).
class PartitionFeeds {
 public:
  using Tell = std::function<void(const std::string&)>;

  /// `feeds`: those that have this domain.
  PartitionFeeds(Log& log, FeedClient& client, const DomainPlan& domain, PartitionId id,
                 std::vector<FeedRendering*> feeds, const FeedLimits& limits, Tell tell);

  PartitionId id() const { return id_; }
  const DomainPlan& domain() const { return domain_; }
  /// Its key among the notes: `orders/3`.
  const std::string& key() const { return key_; }
  bool active() const { return active_; }
  /// Begins behind the positions of that note. `token_base` is added to the tokens of its sends.
  void start(const std::string& note, uint64_t token_base);
  /// Sends nothing more; what is under way may arrive.
  void stop();
  /// Begins again behind what was delivered: a send failed.
  void restart(uint64_t token_base);

  Step turn(int64_t now_ns);
  /// A send of `token_base` was reported.
  void delivered(uint64_t number);
  /// The note that is due, if something changed since the last.
  std::optional<std::string> note() const;
  void noted() { noted_ = in_flight_.delivered(); }

  /// Any thread. Outcomes up to here are where they belong; meaningless while not active.
  Counter fed;
  /// Any thread. Records delivered, all feeds.
  Counter records;

 private:
  Result<bool> render_next();
  bool send_pending();
  FeedPositions positions() const;

  Log& log_;
  FeedClient& client_;
  const DomainPlan& domain_;
  const PartitionId id_;
  const std::vector<FeedRendering*> feeds_;
  const FeedLimits limits_;
  const Tell tell_;
  const std::string key_;

  bool active_ = false;
  uint64_t token_base_ = 0;
  FeedPositions began_;       // where each feed stood at the start
  Sequence next_;             // the outcome to render next
  Sequence noted_;
  FeedsInFlight in_flight_;
  BatchPtr batch_;            // being rendered
  RecordBatch::Iterator at_{nullptr};
  std::vector<FeedRecord> pending_;  // of outcome `next_ - 1`
  std::size_t pending_at_ = 0;
  int64_t retry_at_ns_ = 0;
  std::string told_;
};

}  // namespace spate
