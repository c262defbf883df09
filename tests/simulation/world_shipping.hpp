// WorldShipping: the shipped shipper and fetch of checkpoints in the simulation, over a depot that
// fails and rots; who ships is killed, or sleeps and goes on beside the next.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/shipping/checkpoint_shipper.hpp"
#include "tests/simulation/log_under_test.hpp"
#include "tests/support/simulated_depot.hpp"
#include "tests/support/temporary_folder.hpp"

namespace spate {

class WorldShipping {
 public:
  struct Parts {
    ShippedLog* log = nullptr;
    LogIdentity identity;
    const Clock* clock = nullptr;
    /// Asks the stores to write what they have.
    std::function<void()> settle;
    /// The stores of the process there is, as files below `folder`, and where they are.
    std::function<Result<void>(const std::string& folder, ShippedPartition&)> put_stores;
    std::function<Result<void>(const std::string& folder)> put_plan;
  };
  WorldShipping(uint64_t seed, Parts parts);

  /// A new process, which ships when it owns.
  void start();
  /// A turn of who ships now and of those who should not any more; something may rot.
  void step(bool faults);
  /// The process is gone, or sleeps and will go on where it was.
  void crash();
  /// What a new node finds in its directory once it has fetched what there is, however often it is
  /// killed meanwhile. It is removed by the next call.
  std::string begin_anew();
  /// The checkpoint that it began with, if one was fetched without a kill.
  const std::optional<ShippedCheckpoint>& found() const { return found_; }

  /// What must not have happened, if it did.
  const std::string& broken() const { return broken_; }
  uint64_t shipped() const { return shipped_; }
  uint64_t fetched() const { return fetched_; }
  uint64_t passed_over() const { return passed_over_; }

 private:
  /// One process's: alive, it takes what the stores have; asleep, it only goes on with that.
  struct Ship {
    bool is_alive = true;
    std::string folder;
    uint64_t shipped = 0;
    std::unique_ptr<CheckpointShipper> shipper;
  };
  CheckpointShipper::Parts shipper_parts(Ship& ship);
  Result<ShippedCheckpoint> take(const std::string& folder);
  void step(Ship& ship);
  void fetch_once(const std::string& data, bool may_be_killed);
  void check_files(const std::string& data);

  SeededRandom random_;
  const Parts parts_;
  TemporaryFolder folder_{memory_folder()};
  SimulatedDepot depot_;
  std::vector<std::unique_ptr<Ship>> ships_;  // the last is the process there is
  std::set<std::string> texts_;  // of all files that were ever taken
  std::string data_;
  std::optional<ShippedCheckpoint> found_;
  uint64_t made_ = 0, shipped_ = 0, fetched_ = 0, passed_over_ = 0;
  std::string broken_;
};

}  // namespace spate
