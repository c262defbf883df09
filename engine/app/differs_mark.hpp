// DiffersMark: what a scan found lies beside what it found it in, so that no later start serves it.
#pragma once
#include <optional>
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

/// Adds to what is there. Any thread. Faults: of the disk.
Result<void> mark_differing(const std::string& store, const DifferingPartition& partition);
/// What is marked; a mark that cannot be read says so as `why` of a partition without a name.
std::vector<DifferingPartition> marked_differing(const std::string& store);

}  // namespace spate
