// LogUnderTest: a log that the world can step, break and crash.
#pragma once
#include <memory>

#include "engine/base/clock.hpp"
#include "engine/log/segment_log.hpp"
#include "engine/shipping/shipped_checkpoint.hpp"
#include "tests/support/seeded_random.hpp"

namespace spate {

/// What of a log that nodes share goes with their stores when one ships them.
class ShippedLog {
 public:
  virtual ~ShippedLog() = default;
  virtual bool owns_first() = 0;
  /// As LogHome::take_notes.
  virtual Result<std::vector<ShippedPartition>> take_notes(const std::string& folder) = 0;
  /// As CheckpointFetch asks.
  virtual Result<std::string> misfit(const ShippedPartition& partition) = 0;
  /// The process is gone and its disk with it: another begins with the notes below `data`.
  virtual void begin_anew(const std::string& data) = 0;
};

class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual Log& log() = 0;
  /// Lets the log's own threads have a turn. Faults as in the product: the process ends.
  virtual Result<void> step(SeededRandom& random) = 0;
  /// Breaks something that must do no harm; false = nothing of the kind here.
  virtual bool disturb(SeededRandom& random) = 0;
  /// The process (or the machine) dies and the log is opened again; `known`: what checkpoints that
  /// survived say must be in it.
  virtual Result<void> crash(SeededRandom& random, std::vector<KnownPosition> known) = 0;
  /// From now on nothing new fails.
  virtual void heal() = 0;
  /// Null: nodes do not share it.
  virtual ShippedLog* shipped() { return nullptr; }
  /// False: the power went at a call whose failure the log may ignore; only a crash helps.
  virtual bool is_alive() const { return true; }
};

/// With conflicts and appends of unknown fate: what fencing does to a processor (A4). One that
/// numbers commands itself also keeps a processor from owning for a while.
std::unique_ptr<LogUnderTest> memory_log_under_test(Topology topology, Numbering numbering);
/// The shipped segment log on a disk that loses what was not synced, tears it, and fails.
std::unique_ptr<LogUnderTest> segment_log_under_test(uint64_t seed, uint16_t partitions,
                                                     const Clock& clock);
/// The shipped Kafka log on a simulated cluster, where another node now and then owns and decides.
std::unique_ptr<LogUnderTest> kafka_log_under_test(uint64_t seed, Topology topology,
                                                   const Clock& clock);

}  // namespace spate
