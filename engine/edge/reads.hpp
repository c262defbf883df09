// Reads: views, lists and gathered views, after the position the client has seen.
#pragma once
#include <deque>

#include "engine/edge/edge_thread.hpp"
#include "engine/edge/list_filter.hpp"
#include "engine/edge/point.hpp"

namespace spate::edge {

class Reads {
 public:
  explicit Reads(EdgeThread& edge) : edge_(edge) {}

  /// GET of a view or list; waits for `Spate-Position` first, and until the views are
  /// whole: no plain read after a start shows less than one before it. With `as_of` it is folded
  /// aside, in turns, one a thread at a time.
  void take(Exchange&& exchange, Route&& route, const Request& request);
  /// Positions may have moved: answers those that waited for them.
  void advance();
  /// Time-outs.
  void tick();
  /// A slice of the fold of the past that is at work.
  void turn();
  bool wants_turn() const { return !folding_.empty(); }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Past {
    std::string asked;  ///< as it was written
    Sequence through;
    Instant now;  ///< of what is derived
    std::unique_ptr<PastView> fold;
  };
  struct Read {
    Exchange exchange;
    Route route;
    ListParameters list;
    std::optional<Past> past;
    std::string after;                    ///< of a list: where the page begins
    std::vector<std::string> none_match;  ///< values of If-None-Match
    Position position;
    std::string applied;
    int64_t deadline_ns = 0;
  };
  /// Where the client has been, and where a life of this node before this one may have been.
  bool reached(const Read& read) const;
  std::vector<PartitionId> partitions_of(const Route& route) const;
  bool whole(const Read& read) const;
  /// With the positions of the views.
  void fail_at_views(Read& read, std::string_view code, std::string detail);
  std::string never_reached(const Position& position) const;
  Position where(const Read& read, std::string& stopped) const;
  std::optional<Problem> read_request(const Request& request, Read& read,
                                      Preferences& prefer) const;
  std::optional<Problem> read_query(Parameters& parameters, Read& read) const;
  std::optional<Problem> read_as_of(Parameters& parameters, Read& read) const;
  std::optional<Problem> find_past(const Point& point, Read& read) const;
  std::optional<Problem> read_cursor(const std::string& token, const Route& route,
                                     std::string& after) const;
  std::optional<Problem> missing_stream(const Read& read) const;
  Problem unknown_stream(const Read& read) const;
  ViewReader& views_of(const Read& read) const;
  Instant now_of(const Read& read) const;
  /// Takes the read over when it has to be folded first.
  void answer(Read& read);
  void begin_fold(Read& read);
  void show(Read& read);
  void answer_view(Read& read);
  void answer_gathered(Read& read);
  void answer_list(Read& read);
  std::string staleness(const Position& position) const;
  /// 200 with ETag, or 304.
  void send(Read& read, std::string&& body, const Position& position, std::string_view stopped);
  void fail(Read& read, const Problem& problem);

  EdgeThread& edge_;
  std::vector<Read> waiting_;
  std::deque<Read> folding_;  // the first one is at work
};

}  // namespace spate::edge
