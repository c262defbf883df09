// The parts of bench/kafka/compare that must be quick: commands in, a raw loop, latency, a judge.
//
//   kafka_flow fill  --kafka BROKERS --count N [--from N] [WORKLOAD]
//   kafka_flow raw   --kafka BROKERS --count N --outcomes TOPIC --bytes N [--headers 1]
//   kafka_flow pace  --kafka BROKERS --outcomes TOPIC --of spate|streams --from N
//                   --rate N --seconds N [--linger-ms N]
//   kafka_flow judge --kafka BROKERS --count N [--spate TOPIC] [--streams TOPIC] [WORKLOAD]
//
// WORKLOAD: --campaigns N, --stock N (of each), --repeats 0|1: see workload.hpp.
#include <cstdio>

#include "bench/kafka/flow_client.hpp"

int main(int argc, char** argv) {
  using namespace spate::bench;
  Arguments arguments;
  for (int i = 2; i + 1 < argc; i += 2) arguments[std::string(argv[i]).substr(2)] = argv[i + 1];
  const std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "fill") return fill(arguments);
  if (verb == "raw") return raw_loop(arguments);
  if (verb == "pace") return pace(arguments);
  if (verb == "judge") return judge(arguments);
  std::fputs("kafka_flow: fill, raw, pace or judge: see bench/kafka/kafka_flow.cpp\n", stderr);
  return 2;
}
