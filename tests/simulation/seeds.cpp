// Worlds of the tests and of the program, made the same way.
#include "tests/simulation/seeds.hpp"

namespace spate {

WorldReport run_seed(LogKind kind, uint64_t seed, uint64_t steps) {
  WorldOptions options;
  options.seed = seed;
  options.steps = steps;
  options.ships = seed % 3 == 0;  // files cost more than all the rest
  const Topology topology({{"redemptions", 1, options.partitions}});
  VirtualClock clock;
  std::unique_ptr<LogUnderTest> log;
  switch (kind) {
    case LogKind::memory: log = memory_log_under_test(topology, Numbering::owner); break;
    case LogKind::numbering: log = memory_log_under_test(topology, Numbering::log); break;
    case LogKind::segment: log = segment_log_under_test(seed, options.partitions, clock); break;
    case LogKind::kafka: log = kafka_log_under_test(seed, topology, clock); break;
  }
  World world(options, clock, std::move(log));
  return world.run();
}

}  // namespace spate
