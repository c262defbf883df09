// Running one seed on one kind of log.
#pragma once
#include "tests/simulation/world.hpp"

namespace spate {

enum class LogKind : uint8_t { memory, numbering, segment, kafka };

WorldReport run_seed(LogKind kind, uint64_t seed, uint64_t steps);

}  // namespace spate
