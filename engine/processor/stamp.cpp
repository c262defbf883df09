// Comparing the wall clock with the monotonic one since the last stamp.
#include "engine/processor/stamp.hpp"

#include <algorithm>

namespace spate {

Result<void> Stamp::open(Instant last, bool confirmed) {
  const Instant wall = clock_.wall();
  if (wall.ns < last.ns - jump_ns_max && !confirmed)
    return stop("clock_behind",
                "the clock is " + std::to_string((last.ns - wall.ns) / 1'000'000'000) +
                    " s behind the newest record of the log; set the clock, or start with "
                    "--confirm-clock if the clock is right and the log's time was wrong");
  last_ = last;
  anchor_wall_ = wall;
  anchor_monotonic_ = clock_.monotonic_ns();
  return {};
}

Result<Instant> Stamp::next() {
  const Instant wall = clock_.wall();
  const int64_t monotonic = clock_.monotonic_ns();
  const int64_t expected = anchor_wall_.ns + (monotonic - anchor_monotonic_);
  if (wall.ns > expected + jump_ns_max)
    return retry("clock_jumped", "the clock jumped " +
                                     std::to_string((wall.ns - expected) / 1'000'000'000) +
                                     " s ahead; nothing is stamped until it is set right, or the "
                                     "server is restarted to accept it");
  anchor_wall_ = {std::max(wall.ns, expected - jump_ns_max)};
  anchor_monotonic_ = monotonic;
  last_ = std::max(last_, wall);
  return last_;
}

}  // namespace spate
