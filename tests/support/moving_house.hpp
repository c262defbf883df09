// MovingHouse: an embedded log on a simulated disk, a simulated cluster, and moves between the two
// that die at any step.
#pragma once
#include <memory>
#include <optional>

#include "engine/log/move_from_kafka.hpp"
#include "engine/log/segment_log.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/support/simulated_kafka.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {

/// Of moves that die at any step, a test.
inline constexpr uint64_t seeds_of_moves = 100;

/// The records of the ownership topic.
class SimulatedMoveNotes final : public MoveNotes {
 public:
  Result<std::optional<KafkaIdentity>> read() override { return identity; }
  Result<KafkaMove> read_move() override { return move; }
  Result<void> write_identity(const KafkaIdentity& written) override {
    identity = written;
    return {};
  }
  Result<void> write_move(const KafkaMove& written) override {
    move = written;
    return {};
  }
  std::optional<KafkaIdentity> identity;
  KafkaMove move;
};

class MovingHouse {
 public:
  explicit MovingHouse(uint64_t seed);

  /// Servers run on the directory one after another: commands with gaps, outcomes of several
  /// epochs, at the end repetitions that leave none.
  void live_in_directory(std::size_t lives);
  /// A command that nobody has decided.
  void leave_undecided(PartitionId id);
  /// Of the old directory; the lock is held while it lives.
  std::unique_ptr<SegmentLog> open_directory() { return open(disk); }

  /// One life of `spate log migrate`; dies at the `kill_at`-th step. `killed`: that is its fault.
  Result<MoveReport> move_in(std::optional<uint64_t> kill_at = {}, bool only_plans = false);
  /// Nodes serve the cluster one after another; what the last of them reads at its end nobody has
  /// decided.
  void live_in_cluster(std::size_t lives);
  /// One life of `spate log migrate --back` into the new directory.
  Result<MoveReport> move_out(std::optional<uint64_t> kill_at = {}, bool only_plans = false);
  std::unique_ptr<SegmentLog> open_new_directory() { return open(new_disk); }

  std::unique_ptr<KafkaClient> connect() {
    ++clients;
    return kafka->connect();
  }
  /// Everything that is still on its way to the cluster arrives.
  void drain() {
    while (kafka->step()) continue;
  }
  /// The topics are deleted and made again, empty.
  void remake_topics();

  /// "outcomes of 1.0 …" of every partition, with every body: what a log holds.
  std::string history(Log& log) const;
  /// The same, read from the topics by the shipped fold.
  std::string history_in_cluster();
  const std::vector<PartitionId>& partitions() const { return topology.partitions(); }

  const Topology topology = log_topology({{"redemptions", 2}, {"coupons", 1}});
  SeededRandom random;
  VirtualClock clock;
  SimulatedDisk disk;  ///< of the old directory
  SimulatedDisk new_disk;
  SimulatedMoveNotes notes;
  std::unique_ptr<SimulatedKafka> kafka;
  KafkaOdds odds;
  std::string wrong;   ///< what was seen that must not be
  uint64_t steps = 0;     ///< of the last move
  std::size_t clients = 0; ///< connected so far

 protected:
  std::unique_ptr<SegmentLog> open(SimulatedDisk& on);
  /// Where a move may die; looks each time whether two sides may be served.
  Result<void> pause(bool idle, std::optional<uint64_t> kill_at);
  std::vector<Tail> tails_;
};

}  // namespace spate
