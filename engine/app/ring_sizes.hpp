// Ring sizes: the rings between edge, processors and other nodes, and the largest command that
// passes whichever of them it must.
#pragma once
#include <cstddef>

#include "engine/app/config.hpp"

namespace spate {

struct RingSizes {
  std::size_t mailbox_bytes = 0;  ///< between an edge and a processor thread, each way
  std::size_t nodes_bytes = 0;    ///< between either and the other nodes; 0: there are none
  std::size_t waiting_bytes = 0;  ///< of requests to other nodes that wait for an owner
  /// A command record for which every ring and link has room: who owns its partition makes no
  /// difference.
  std::size_t command_bytes_max = 0;
};

/// With less a server is refused: too many threads share too little memory.
inline constexpr std::size_t command_bytes_min = 12 << 10;

/// Of the mailboxes' part of the memory. Beside other nodes half of it is theirs, and of that half
/// the requests that wait for an owner.
RingSizes ring_sizes(const Config& config);

}  // namespace spate
