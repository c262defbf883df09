// GroupPlaces: where in an unpacked group the records of each partition lie.
#pragma once
#include <span>
#include <vector>

#include "engine/log/log.hpp"

namespace spate {

/// Made once, so that readers of one partition do not step through the records of all others.
class GroupPlaces {
 public:
  GroupPlaces() = default;
  /// Of a group's body; records of partitions that the topology does not know are left out.
  GroupPlaces(Bytes body, const Topology& topology);

  /// Where the records of one side of a partition begin, in their order.
  std::span<const uint32_t> of(LogSide side, uint32_t dense_index) const;
  std::size_t memory_bytes() const {
    return places_.capacity() * sizeof places_[0] + runs_.capacity() * sizeof runs_[0];
  }

 private:
  struct Run {
    uint32_t key;
    uint32_t from, to;  // of places_
  };
  std::vector<Run> runs_;  // by key
  std::vector<uint32_t> places_;
};

}  // namespace spate
