// Only the log knows when it can be read again, so it is asked now and then.
#include "engine/app/log_reading.hpp"

#include <chrono>
#include <thread>

namespace spate {

Result<BatchPtr> LogReading::read(LogSide side, PartitionId partition, uint64_t from,
                                  std::size_t bytes_max) {
  constexpr auto nap = std::chrono::milliseconds(20);
  for (;;) {
    if (limits_.ends != nullptr && *limits_.ends) return stop("cancelled", "the server ends");
    if (limits_.last && from > limits_.last->value) return BatchPtr();
    Result<BatchPtr> batch = log_.read(side, partition, from, bytes_max);
    if (batch || batch.error().action != FaultAction::retry) return batch;
    if (limits_.waits) limits_.waits(batch.error());
    std::this_thread::sleep_for(nap);
  }
}

}  // namespace spate
