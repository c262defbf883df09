// Histories: what became of every command of one stream, in order, and who wished it.
#pragma once
#include <memory>

#include "engine/edge/edge_thread.hpp"
#include "engine/edge/point.hpp"
#include "engine/log/outcome_walk.hpp"

namespace spate::edge {

/// GET /v1/{domain}/{stream}/history?from=beginning|POSITION|TIME&limit=N. There is no index by
/// stream: the outcomes of its partition are looked through, `walk_outcomes_max` of them a page at
/// most, in turns, so that others are served meanwhile. `next` goes on where a page ended. With
/// `Spate-Position` the end of the log is not the end of a page before that outcome is there.
class Histories {
 public:
  explicit Histories(EdgeThread& edge) : edge_(edge) {}

  void take(Exchange&& exchange, Route&& route, const Request& request);
  /// A slice of each; when memory is full of the oldest only.
  void turn();
  bool wants_turn() const;
  /// Looks again for what was waited for.
  void tick();

 private:
  struct Page {
    explicit Page(HeldBytes& account) : held(account) {}
    ~Page() { held.change(held_bytes, 0); }
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;

    Exchange exchange;
    const DomainPlan* domain = nullptr;
    std::string stream;
    std::size_t limit = 100;
    bool from_beginning = true;
    Sequence began;
    Sequence wanted;          ///< not before so many outcomes are there
    int64_t deadline_ns = 0;  ///< until then it is waited for
    bool waits = false;       ///< stands at the end before `wanted`
    std::unique_ptr<OutcomeWalk> walk;
    std::string items;  ///< as JSON, with commas between
    std::size_t count = 0;
    HeldBytes& held;
    std::size_t held_bytes = 0;  ///< of `items`, in the account
  };
  std::optional<Problem> read_parameters(const Request& request, Page& page) const;
  std::optional<Problem> read_wish(const Request& request, Page& page) const;
  std::optional<Problem> begin(const std::string& from, Page& page) const;
  /// True when it was answered.
  bool go_on(Page& page);
  Result<void> add(Page& page, const RecordView& record) const;
  void answer(Page& page, bool ended);

  EdgeThread& edge_;
  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace spate::edge
