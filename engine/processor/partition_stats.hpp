// PartitionStats: counters of one partition: written by its thread, read by any (metrics).
#pragma once
#include <array>
#include <cstdint>

#include "engine/base/counter.hpp"

namespace spate {

struct PartitionStats {
  static constexpr std::size_t command_types_max = 64;
  static constexpr std::size_t kinds_max = 8;
  /// Outcomes by command type and kind (envelope.Kind).
  std::array<std::array<Counter, kinds_max>, command_types_max> outcomes;
  Counter duplicates;
  Counter sequenced;         ///< commands given a number
  Counter cause;             ///< highest command given out
  Counter decided;           ///< highest command decided
  Counter sequence;          ///< last outcome decided
  Counter durable;           ///< last outcome durable
  Counter parked_streams;
  Counter parked_commands;
  Counter replies_pending;
  Counter dirty_bytes;
  Counter digests_met;       ///< recorded ones that the fold of the tail came by
  Counter checkpoint_sequence;
  Counter checkpoint_ns;        ///< monotonic time of the last checkpoint begun
  Counter oldest_undecided_ns;  ///< stamp from which on commands wait to be durable, 0 = none do
};

}  // namespace spate
