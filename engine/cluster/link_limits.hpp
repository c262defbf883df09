// LinkLimits: every bound of the connections between nodes; units are the last word of each name.
#pragma once
#include <cstddef>
#include <cstdint>

namespace spate {

struct LinkLimits {
  std::size_t links_max = 256;               ///< of other nodes to us; beyond it none is taken
  uint32_t in_flight_max = 8'192;            ///< unanswered requests of one link
  std::size_t unsent_bytes_max = 8 << 20;    ///< of one link; beyond it nothing is taken from it
  std::size_t payload_bytes_max = 4 << 20;   ///< of one frame
  int64_t heartbeat_ms = 500;                ///< a quiet link says that it lives
  int64_t silence_ms_max = 3'000;            ///< a link that says nothing for so long is cut
  int64_t dial_ms_max = 2'000;               ///< until a dialled node has welcomed us
  int64_t redial_ms_min = 20;                ///< doubled after every failure, and jittered
  int64_t redial_ms_max = 1'000;
};

}  // namespace spate
