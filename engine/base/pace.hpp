// Pace: how whoever reads or writes much in the background leaves room for others.
#pragma once
#include <atomic>
#include <functional>

#include "engine/base/clock.hpp"
#include "engine/base/result.hpp"

namespace spate {

/// Called behind every piece or group that was read or written; may rest, for others need
/// the disk, too. False: give up (fault `cancelled`). Empty: as fast as it goes.
using Pace = std::function<bool(uint64_t bytes)>;
Result<void> keep_pace(const Pace& pace, uint64_t bytes);

/// Rests until so many bytes a second may have been handled, in naps short enough to end soon once
/// `ends` is set. It begins now. Clock and flag outlive it.
Pace at_rate(const Clock& clock, uint64_t bytes_per_second, const std::atomic<bool>& ends);

}  // namespace spate
