// MoveMark: what a log's directory says of a move: that its log is still arriving, or has left.
#pragma once
#include <string>

#include "engine/log/storage.hpp"

namespace spate {

struct MoveMark {
  enum class State : uint8_t {
    none,      ///< the log lives here
    arriving,  ///< it is being copied here and is not whole yet
    moved,     ///< it lives elsewhere: what lies here is a copy that goes no further
  };
  State state = State::none;
  std::string place;  ///< the other end of the move, for people
};

/// A mark that is there and not whole counts as the fault `move_mark`: whatever it said, nobody may
/// serve the directory.
Result<MoveMark> read_move_mark(Storage& storage);
/// Durable when it returns. At no instant is there no mark where one was. Requires: not `none`.
Result<void> write_move_mark(Storage& storage, const MoveMark& mark);
Result<void> remove_move_mark(Storage& storage);
/// Faults: `log_moved`, `log_arriving`, `move_mark`: the log must not be written to here.
Result<void> check_not_moved(Storage& storage);

}  // namespace spate
