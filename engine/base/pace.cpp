// Naps between pieces.
#include "engine/base/pace.hpp"

#include <chrono>
#include <thread>

namespace spate {
namespace {

constexpr int64_t nap_ns = 2'000'000;

void nap() { std::this_thread::sleep_for(std::chrono::nanoseconds(nap_ns)); }

}  // namespace

Result<void> keep_pace(const Pace& pace, uint64_t bytes) {
  if (!pace || pace(bytes)) return {};
  return stop("cancelled", "it was told to end before it had finished");
}

Pace at_rate(const Clock& clock, uint64_t bytes_per_second, const std::atomic<bool>& ends) {
  return [&clock, &ends, bytes_per_second, began_ns = clock.monotonic_ns(),
          sum = uint64_t{0}](uint64_t bytes) mutable {
    sum += bytes;
    const double seconds = static_cast<double>(sum) / static_cast<double>(bytes_per_second);
    const auto due_ns = static_cast<int64_t>(seconds * 1e9);
    while (!ends && clock.monotonic_ns() - began_ns + nap_ns < due_ns) nap();
    return !ends.load();
  };
}

}  // namespace spate
