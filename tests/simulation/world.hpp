// World: the shipped processors, projector, log and checkpoints with clients around them, stepped
// on one thread under a virtual clock by one seed; crashes at any step.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/processor/processor_group.hpp"
#include "engine/state/memory_state.hpp"
#include "tests/simulation/client.hpp"
#include "tests/simulation/log_under_test.hpp"
#include "tests/simulation/world_shipping.hpp"
#include "tests/simulation/world_views.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {

struct WorldOptions {
  uint64_t seed = 1;
  uint64_t steps = 4000;
  int clients = 6;
  uint16_t partitions = 2;
  bool ships = false;  ///< checkpoints, if nodes share the log
};

struct WorldReport {
  std::string fault;          ///< empty = every invariant held
  uint64_t trace = 0;         ///< hash over everything that happened, in order
  uint64_t commands = 0;      ///< keys answered
  uint64_t sends = 0;
  uint64_t crashes = 0;
  uint64_t log_faults = 0;
  uint64_t outcomes = 0;
  uint64_t checkpoints = 0;
  uint64_t compared = 0;      ///< digests recorded in any life, alike in a fresh fold
  uint64_t moves = 0;         ///< of readers to another generation of views
  uint64_t shipped = 0;       ///< checkpoints
  uint64_t fetched = 0;       ///< checkpoints with which a new node began
  uint64_t passed_over = 0;   ///< new nodes that found none of use
  int64_t virtual_ns = 0;
};

class World {
 public:
  World(const WorldOptions& options, VirtualClock& clock, std::unique_ptr<LogUnderTest> log);
  ~World();
  /// Runs the steps with faults, then heals, lets every client finish, and checks.
  WorldReport run();

 private:
  struct Partition;
  void start();
  void crash();
  void keep_points();
  void meet(const DigestPoint& fresh, const DigestPoint& recorded);
  void begin_anew();
  void check_begin();
  std::unique_ptr<WorldShipping> make_shipping();
  void step_once(bool faults);
  void deliver();
  std::optional<Told> read_told(uint32_t partition, Sequence sequence);
  void note(uint64_t what);
  void fail(const std::string& what);
  void settle();
  void check();
  void check_partition(Partition& partition);
  Result<Hash128> fresh_digest(Partition& partition);
  std::vector<KnownPosition> known_positions();

  const WorldOptions options_;
  SeededRandom random_;
  VirtualClock& clock_;
  std::unique_ptr<LogUnderTest> log_;
  const Topology topology_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  WorldViews views_;
  std::unique_ptr<WorldShipping> shipping_;  // null: nobody shares the log
  uint64_t files_ = 0;                       // of rows, put to be shipped
  Suspects suspects_;
  SilentBell bell_;
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<ProcessorGroup> group_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::vector<SimulatedClient> clients_;
  WorldReport report_;
};

}  // namespace spate
