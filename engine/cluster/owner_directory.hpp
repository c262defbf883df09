// OwnerDirectory: the port that says which node owns a partition, as far as this node has heard.
#pragma once
#include <string>

#include "engine/base/bell.hpp"

namespace spate {

struct Owner {
  enum class Where : uint8_t { nobody, here, peer };
  Where where = Where::nobody;
  std::string address;  ///< of a peer: HOST:PORT where it takes links
  bool operator==(const Owner&) const = default;
};

/// It may be late or wrong for a moment: a node that does not own a partition says so when asked.
class OwnerDirectory {
 public:
  virtual ~OwnerDirectory() = default;
  /// Any thread. By the partition's dense index in the topology.
  virtual Owner owner(uint32_t dense) const = 0;
  /// Any thread. Another number after every change.
  virtual uint64_t version() const = 0;
  /// Rung after a change; null: nobody listens any more. Any thread.
  virtual void on_change(Bell* bell) = 0;
};

}  // namespace spate
