// simulation [--log memory|numbering|segment|kafka | --fight] [--seed N | --seeds FROM TO]
// [--steps N]: exit 1 and the seed at a fault. --fight: nodes of the Kafka log alone, no engine.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/simulation/seeds.hpp"
#include "tests/support/kafka_fight.hpp"

namespace {

using namespace spate;

bool run_one(LogKind kind, uint64_t seed, uint64_t steps, bool loud) {
  const WorldReport r = run_seed(kind, seed, steps);
  if (loud || !r.fault.empty())
    std::printf("seed %lu: %s; trace %016lx, %lu commands in %lu sends, %lu outcomes, %lu crashes, "
                "%lu faults of the log, %lu checkpoints, %lu moves of readers, %lu checkpoints shipped and "
                "%lu fetched, %.1f s of virtual time\n",
                seed, r.fault.empty() ? "every invariant held" : r.fault.c_str(), r.trace,
                r.commands, r.sends, r.outcomes, r.crashes, r.log_faults, r.checkpoints, r.moves,
                r.shipped, r.fetched,
                static_cast<double>(r.virtual_ns) / 1e9);
  return r.fault.empty();
}

bool fight_one(uint64_t seed, uint64_t steps, bool loud) {
  const FightReport r = KafkaFight({seed, steps, 2 + seed % 2}).run();
  if (loud || !r.fault.empty())
    std::printf("seed %lu: %s; trace %016lx, %lu acquired, %lu acknowledged, %lu conflicts, %lu "
                "unknown, %lu stragglers, %lu voids, %lu deaths, %lu resumed\n",
                seed, r.fault.empty() ? "only what is true was believed" : r.fault.c_str(),
                r.trace, r.acquired, r.acknowledged, r.conflicts, r.unknowns, r.stragglers,
                r.voids, r.deaths, r.resumed);
  return r.fault.empty();
}

bool kind_of(const char* name, LogKind& kind) {
  const std::string_view text = name == nullptr ? "" : name;
  if (text == "memory") kind = LogKind::memory;
  else if (text == "numbering") kind = LogKind::numbering;
  else if (text == "segment") kind = LogKind::segment;
  else if (text == "kafka") kind = LogKind::kafka;
  else return false;
  return true;
}

int usage() {
  std::fprintf(stderr,
               "usage: simulation [--log memory|numbering|segment|kafka | --fight] "
               "[--seed N | --seeds FROM TO] [--steps N]\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t from = 1, to = 1, steps = 4000;
  LogKind kind = LogKind::memory;
  bool fights = false;
  for (int i = 1; i < argc; ++i) {
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (std::strcmp(argv[i], "--seed") == 0) from = to = number();
    else if (std::strcmp(argv[i], "--seeds") == 0) from = number(), to = number();
    else if (std::strcmp(argv[i], "--steps") == 0) steps = number();
    else if (std::strcmp(argv[i], "--fight") == 0) fights = true;
    else if (std::strcmp(argv[i], "--log") != 0 || !kind_of(argv[i + 1], kind)) return usage();
    else ++i;
  }
  for (uint64_t seed = from; seed <= to; ++seed)
    if (fights ? !fight_one(seed, steps, from == to) : !run_one(kind, seed, steps, from == to))
      return 1;
  std::printf("%lu seeds, every invariant held\n", to - from + 1);
  return 0;
}
