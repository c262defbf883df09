// Worlds of the tests and of the program, made the same way.
#include "tests/simulation/seeds.hpp"

namespace spate {

WorldReport run_seed(LogKind kind, uint64_t seed, uint64_t steps) {
  WorldOptions options;
  options.seed = seed;
  options.steps = steps;
  const Topology topology({{"redemptions", 1, options.partitions}});
  VirtualClock clock;
  World world(options, clock,
              kind == LogKind::memory
                  ? memory_log_under_test(topology)
                  : segment_log_under_test(seed, options.partitions, clock));
  return world.run();
}

}  // namespace spate
