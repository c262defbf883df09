// The name by which a node's place in the group survives a crash, kept in its data directory.
#pragma once
#include <string>

#include "engine/base/result.hpp"

namespace spate {

struct NodeName {
  std::string name;
  bool of_copy = false;  ///< the directory is a copy of another's: it was given a name of its own
};

/// Reads `<directory>/instance`, or writes it with a new name when it is missing or torn. A grammar
/// of one line:
///   instance := "node-" 32 hex digits " " inode of this file, decimal "\n"
/// The inode tells a copy of the directory from the directory: two nodes of one name would throw
/// each other out of the group again and again. Requires: nobody else has the directory.
/// Faults: `file_failed` (stop).
Result<NodeName> node_name_in(const std::string& directory);

}  // namespace spate
