// StoreScan: stored rows and views, read from the disk and held against their recorded digests.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/base/pace.hpp"
#include "engine/base/topology.hpp"
#include "engine/state/rocks_reading.hpp"
#include "engine/state/stored_sum.hpp"

namespace spate {

/// What is stored is not what was written there, or cannot be read; seen twice.
struct ScanFinding {
  PartitionId partition;
  uint32_t generation = 0;  ///< of views; 0: rows
  Sequence at;              ///< of the checkpoint; 0: not known
  std::string text;         ///< what, where; not what to do
};

struct ScanReport {
  uint64_t partitions = 0;  ///< compared: of rows, and of each generation of views
  uint64_t unrecorded = 0;  ///< of those that are stored without a digest, and were not
  std::vector<ScanFinding> findings;
  std::vector<std::string> notes;  ///< read wrong once, right at the second look
};

/// One pass over the stores of one data directory, store by store.
class StoreScan {
 public:
  /// `pace` is told the bytes of keys and values that were read.
  StoreScan(Topology topology, Pace pace)
      : topology_(std::move(topology)), pace_(std::move(pace)) {}

  /// `directory`: a copy of the store, or one that nobody has open. Faults: it cannot be read
  /// (`scan_failed`), or the pace said to end (`cancelled`).
  Result<void> rows(const std::string& directory);
  Result<void> views(uint32_t generation, const std::string& directory);
  const ScanReport& report() const { return report_; }

 private:
  using Read = std::function<Result<std::vector<StoredSum>>(RocksReading& store)>;
  Result<void> look(const std::string& directory, const std::vector<PartitionId>& partitions,
                    uint32_t generation, const Read& read);
  void compare(const std::vector<StoredSum>& sums, uint32_t generation,
               std::vector<ScanFinding>& found);
  std::string place(PartitionId id, uint32_t generation) const;

  const Topology topology_;
  const Pace pace_;
  ScanReport report_;
};

}  // namespace spate
