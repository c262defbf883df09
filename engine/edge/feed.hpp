// Feed: the outcomes of a domain, page by page in the order of time; what `spate tail` follows.
#pragma once
#include "engine/edge/edge_thread.hpp"

namespace spate::edge {

/// GET /v1/{domain}/outcomes?from=beginning|end|POSITION&stream=S&limit=N. A page never ends the
/// feed: its `next` goes on behind it. `Prefer: wait=N` waits for the first outcome. A page that is
/// short, or empty, because much was looked through does not wait: its `next` is another place.
class Feed {
 public:
  explicit Feed(EdgeThread& edge) : edge_(edge) {}

  void take(Exchange&& exchange, Route&& route, const Request& request);
  /// There may be new outcomes: answers those that waited.
  void advance();
  void tick();
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Follower {
    Exchange exchange;
    const DomainPlan* domain = nullptr;
    std::string stream;
    std::size_t limit = 0;
    Position from;
    std::string applied;
    int64_t deadline_ns = 0;
  };
  struct Found {
    RecordView record;
    PartitionId partition;
  };
  std::optional<Problem> read_parameters(const Request& request, Follower& follower) const;
  std::optional<Problem> read_from(const std::string& from, Follower& follower) const;
  struct Page {
    std::vector<Found> found;
    std::vector<BatchPtr> keep;  ///< what was found lies in them
    Position read;               ///< where the reading stopped
    bool is_cut = false;         ///< a partition's by a limit, not by its end
  };
  /// The next outcomes of all partitions, merged by time.
  Result<Page> page(const Follower& follower) const;
  Result<void> scan(const Follower& follower, PartitionId partition, Sequence from,
                    Page& page) const;
  /// True when it was answered. `last`: with an empty page, rather than not.
  bool answer(Follower& follower, bool last);
  void write(const Follower& follower, const std::vector<Found>& found, JsonWriter& out) const;
  bool moved(const Follower& follower) const;

  EdgeThread& edge_;
  std::vector<Follower> waiting_;
};

}  // namespace spate::edge
