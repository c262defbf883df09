// Reads: views, lists and gathered views, after the position the client has seen.
#pragma once
#include "engine/edge/edge_thread.hpp"
#include "engine/edge/list_filter.hpp"

namespace spate::edge {

class Reads {
 public:
  explicit Reads(EdgeThread& edge) : edge_(edge) {}

  /// GET of a view or list; waits for `Spate-Position` first.
  void take(Exchange&& exchange, Route&& route, const Request& request);
  /// Positions may have moved: answers those that waited for them.
  void advance();
  /// Time-outs.
  void tick();
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Read {
    Exchange exchange;
    Route route;
    ListParameters list;
    std::string after;                    ///< of a list: where the page begins
    std::vector<std::string> none_match;  ///< values of If-None-Match
    Position position;
    std::string applied;
    int64_t deadline_ns = 0;
  };
  bool reached(const Position& position) const;
  Position where(const Route& route, std::string& stopped) const;
  std::optional<Problem> read_request(const Request& request, Read& read,
                                      Preferences& prefer) const;
  std::optional<Problem> read_query(const Parameters& parameters, Read& read) const;
  std::optional<Problem> read_cursor(const std::string& token, const Route& route,
                                     std::string& after) const;
  std::optional<Problem> missing_stream(const Route& route) const;
  void answer(Read& read);
  void answer_view(Read& read);
  void answer_gathered(Read& read);
  void answer_list(Read& read);
  std::string staleness(const Position& position) const;
  /// 200 with ETag, or 304.
  void send(Read& read, std::string&& body, const Position& position, std::string_view stopped);
  void fail(Read& read, const Problem& problem);

  EdgeThread& edge_;
  std::vector<Read> waiting_;
};

}  // namespace spate::edge
