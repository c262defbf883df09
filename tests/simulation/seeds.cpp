// Worlds of the tests and of the program, made the same way.
#include "tests/simulation/seeds.hpp"

namespace spate {

WorldReport run_seed(LogKind kind, uint64_t seed, uint64_t steps) {
  WorldOptions options;
  options.seed = seed;
  options.steps = steps;
  const Topology topology({{"redemptions", 1, options.partitions}});
  VirtualClock clock;
  auto log = kind == LogKind::segment
                 ? segment_log_under_test(seed, options.partitions, clock)
                 : memory_log_under_test(topology, kind == LogKind::memory ? Numbering::owner
                                                                           : Numbering::log);
  World world(options, clock, std::move(log));
  return world.run();
}

}  // namespace spate
