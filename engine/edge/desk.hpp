// Desk: one edge thread's requests, from route to answer; knows no sockets.
#pragma once
#include "engine/edge/batches.hpp"
#include "engine/edge/commands.hpp"
#include "engine/edge/feed.hpp"
#include "engine/edge/history.hpp"
#include "engine/edge/reads.hpp"

namespace spate::edge {

class Desk {
 public:
  /// `held` outlives the desk.
  Desk(const EdgeContext& context, std::size_t thread, HeldBytes& held)
      : edge_(context, thread, held),
        commands_(edge_),
        batches_(edge_),
        reads_(edge_),
        feed_(edge_),
        histories_(edge_) {}

  /// Answers now or later, exactly once. `request` is read during the call only.
  void take(const Request& request, ReplyTo reply);
  /// Delivers what processors and projectors have brought. After the bell.
  void poll();
  /// Somebody is to be answered when a view moves on.
  bool awaits_views() const { return reads_.waiting() + feed_.waiting() > 0; }
  /// Long work goes on in turns, so that others are served in between.
  bool wants_turn() const {
    return batches_.wants_turn() || edge_.courier.wants_replay() || histories_.wants_turn() ||
           reads_.wants_turn();
  }
  void turn() {
    edge_.courier.replay(edge_.limits.replays_per_turn_max);
    batches_.turn();
    histories_.turn();
    reads_.turn();
  }
  /// Time-outs; every `limits.tick_ms`.
  void tick();
  /// False: commands wait for so many outcomes, or so much is held for clients, that no further
  /// request is read (rule H2).
  bool has_credit() const { return edge_.courier.has_credit() && !edge_.held.is_over(); }
  /// Wakes the processors that were sent something.
  void ring() { edge_.courier.ring(); }
  bool wants_ring() const { return edge_.courier.wants_ring(); }
  void drain() { edge_.draining = true; }
  std::size_t in_flight() const { return edge_.courier.in_flight(); }

 private:
  bool is_started();
  void dispatch(Exchange&& exchange, Route&& route, const Request& request);

  EdgeThread edge_;
  Commands commands_;
  Batches batches_;
  Reads reads_;
  Feed feed_;
  Histories histories_;
  bool started_ = false;
};

}  // namespace spate::edge
