// Chance: what must differ from everything that was ever drawn, here or on another machine.
#pragma once
#include <cstdint>

namespace spate {

/// 64 bits of the kernel's. A call each: for names and nonces, not for the way of a command.
uint64_t chance();

}  // namespace spate
