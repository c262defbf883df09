// DiffersMarks: what was found to differ is marked where it lies, so that no later start serves it.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/topology.hpp"

namespace spate {

/// Kept in the directory of the store, and gone with it. Of a partition: one.
struct DifferingPartition {
  std::string domain;
  uint16_t index = 0;
  std::string why;  ///< one line
};

/// Of all stores of a process: whoever has them open has one of these.
class DiffersMarks {
 public:
  /// Adds to what is there. Any thread. Faults: of the disk.
  Result<void> add(const std::string& store, const DifferingPartition& partition);

 private:
  std::mutex one_at_a_time_;  // each reads what is there and writes it again
};

/// What is marked; a mark that cannot be read says so as `why` of a partition without a name.
std::vector<DifferingPartition> marked_differing(const std::string& store);

}  // namespace spate
