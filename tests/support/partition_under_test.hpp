// The partitions and the unit of time that most tests of one partition speak of.
#pragma once
#include "engine/base/ids.hpp"

namespace spate {

inline constexpr PartitionId p{1, 0}, q{1, 1};
inline constexpr int64_t second = 1'000'000'000;  // in nanoseconds

}  // namespace spate
