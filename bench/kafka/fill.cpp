// Puts the commands of a workload into the command topic, as another system's producer would.
#include <cstdio>

#include "bench/kafka/flow_client.hpp"

namespace spate::bench {

int fill(const Arguments& arguments) {
  const Workload workload = workload_of(arguments);
  CommandSender sender(text_of(arguments, "kafka"), workload,
                       {{"enable.idempotence", "true"},
                        {"linger.ms", "20"},
                        {"queue.buffering.max.messages", "200000"}});
  const int64_t begin = now_ns();
  for (uint64_t n = number_of(arguments, "from", 0); n < workload.count; ++n) {
    sender.send(n);
    if (n % 1000 == 0) sender.poll();
  }
  sender.flush();
  std::printf("{\"filled\":%lu,\"seconds\":%.3f}\n", workload.count,
              static_cast<double>(now_ns() - begin) / 1e9);
  return 0;
}

}  // namespace spate::bench
