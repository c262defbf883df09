// Rebuild: folds a new generation of views beside the one that serves, proves it, moves readers.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <variant>

#include "engine/base/clock.hpp"
#include "engine/log/log.hpp"
#include "engine/projector/projector.hpp"
#include "engine/projector/served_views.hpp"
#include "engine/projector/view_writers.hpp"
#include "engine/projector/writes_beside.hpp"
#include "engine/replay/generations.hpp"
#include "engine/replay/rebuild_status.hpp"
#include "engine/replay/view_diff.hpp"

namespace spate {

/// What folds, writes and shows views while the server runs.
struct LiveViews {
  Log& log;
  ServedViews& served;
  std::vector<Projector*> projectors;  ///< a partition belongs to the one of dense index mod count
  ViewWriters& writers;
  std::function<void(ProjectedViews&)> connect;  ///< its bells, before it is folded live
  std::function<void()> wake;                    ///< projectors and writers
  StepBeside* beside = nullptr;  ///< writes while a rebuild folds with no less than a whole core
};

struct RebuildLimits {
  ProjectorLimits projector;
  uint64_t near_outcomes_max = 20'000;  ///< so many behind, the proof begins
  int64_t hold_ns_max = 50'000'000;     ///< readers not moved by then: let go, try again
  int64_t again_ns = 20'000'000;
  std::size_t compare_views = 2'000;    ///< in one step
  std::size_t room_steps = 256;         ///< between two looks at the disk
  int64_t freeze_ns = 5'000'000'000;    ///< so often it is written: a crash costs no more
};

/// `folding … comparing` belong to one thread in the background; `approaching` and `holding` want
/// to be stepped without delay. No fault ends the server: the new generation fails, the old serves.
/// Nothing but views is written: a replay has no reactions and no effects to fire.
class Rebuild {
 public:
  Rebuild(Generations& generations, LiveViews live, const ViewText& text, const Clock& clock,
          RebuildLimits limits);
  ~Rebuild();

  /// Goes on with what the plan says, from where the new generation was last written.
  /// `outdated_too`: then projections whose views are of another version are rebuilt, and readers
  /// move whatever differs; if readers have moved before, that is committed first.
  Result<void> open(bool outdated_too = false);

  // Any thread; wake who steps it afterwards.
  /// Faults: `unknown_projection`, `replay_conflict` (another is not committed, rolled back or
  /// cancelled yet), `storage_full`.
  Result<void> ask(RebuildWish wish);
  /// Fault: `replay_conflict`, when there is nothing that this could mean now.
  Result<void> ask(RebuildOrder order);
  RebuildStatus status() const;
  /// Whether it is to be stepped behind everything else, and its share of a core then.
  bool is_behind() const { return budget_percent_.load(std::memory_order_relaxed) != 0; }
  uint64_t budget_percent() const { return budget_percent_.load(std::memory_order_relaxed); }

  // The thread that steps it.
  /// Blocked: waits for another thread, for microseconds.
  Step step();
  /// A clean stop: what is folded is written. Requires: nobody steps it any more.
  Result<void> close();

 private:
  struct Part {  // one partition
    PartitionId id;
    PartitionViews* old_views = nullptr;
    PartitionViews* new_views = nullptr;
    Sequence fence;  // how far the old one is to be written, then: where both are compared
  };
  /// One way or the other.
  struct Move {
    bool back = false;
    int64_t not_before_ns = 0;
    int64_t began_ns = 0;
  };
  struct Departure {  // views of a generation that nobody needs any more
    Generation* generation = nullptr;
    std::vector<uint16_t> domains;
    std::optional<ServedViews::Farewell> readers;
    bool writer_removed = false;
  };
  using Orders = std::deque<std::variant<RebuildWish, RebuildOrder>>;

  void take_orders();
  void obey(RebuildOrder order);
  void begin(const RebuildWish& wish);
  void begin_by_itself();
  Step step_stage();
  void enter(RebuildStage stage);
  void show();
  void show_generations();

  // rebuild_fold.cpp
  void prepare(const GenerationPlan::Rebuild& rebuild);
  void start_folding();
  bool open_fold();
  Step fold();
  Step reach();
  Step fence();
  Step compare();
  void decide();
  bool fold_some(bool is_far = false);
  bool writes_beside() const;
  bool keep_up();
  bool has_room();
  void freeze_in_time();
  Result<void> take_fence();
  Result<std::string> compare_checkpoints();
  void fail(const std::string& reason);
  /// `plan`: what holds, but for the failure.
  void fail(const std::string& reason, GenerationPlan plan);
  void stop_folding();
  Result<void> store_all();

  // rebuild_switch.cpp
  void start_move(bool back);
  Result<void> save_move(bool back);
  void go_live();
  bool may_reach();
  void move_readers();
  Step approach();
  Step hold();
  void let_go();
  void leave(std::vector<Departure> departures);
  Step depart();
  Result<bool> depart(Departure& departure);
  PartitionViews& from(const Part& part) const {
    return move_.back ? *part.new_views : *part.old_views;
  }
  PartitionViews& to(const Part& part) const {
    return move_.back ? *part.old_views : *part.new_views;
  }
  std::vector<Departure> departures_of_old(const GenerationPlan::Rebuild& rebuild);
  std::vector<uint16_t> numbers_of(const std::vector<std::string>& projections) const;

  Generations& generations_;
  LiveViews live_;
  const ViewText& text_;
  const Clock& clock_;
  const RebuildLimits limits_;

  RebuildStage stage_ = RebuildStage::none;
  bool outdated_too_ = false;   // until that has begun
  bool commits_first_ = false;
  Generation* fresh_ = nullptr;
  std::vector<Part> parts_;
  bool is_open_ = false;  // the projector
  std::unique_ptr<Projector> projector_;  // of the new generation, while it is not live
  WritesBeside writes_;                   // of it; none under way but while it folds from afar
  std::size_t steps_ = 0;
  int64_t frozen_ns_ = 0;
  std::map<ViewStore*, std::unique_ptr<ViewSnapshot>> before_;
  std::unique_ptr<ViewSnapshot> after_;
  std::size_t comparing_ = 0;  // which of the projections
  std::optional<ViewDiff> diff_;
  Move move_;
  GenerationPlan before_move_;
  std::vector<Departure> departures_;

  mutable std::mutex mutex_;  // of what follows
  RebuildStatus status_;
  Orders orders_;
  std::atomic<bool> ordered_{false};
  std::atomic<uint64_t> budget_percent_{0};  // 0: not behind
  RebuildStatus next_;  // this thread's own, shown from time to time
  int64_t shown_ns_ = 0;
  std::deque<std::pair<int64_t, uint64_t>> pace_;  // when how many outcomes were folded
};

}  // namespace spate
