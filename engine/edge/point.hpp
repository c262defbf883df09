// Point: a place in the past of a stream, as people write it: a position or a time.
#pragma once
#include <optional>
#include <string>

#include "engine/base/position.hpp"
#include "engine/edge/problem.hpp"

namespace spate::edge {

struct Point {
  std::optional<Instant> time;
  Sequence sequence;  ///< when there is no time
};

/// `text` is a position that an answer of this log carried, or a time as RFC 3339. Problems: 400,
/// for what is neither or does not name `partition`; 409 `position_unknown`, of another log.
std::optional<Problem> read_point(std::string_view parameter, const std::string& text,
                                  uint64_t incarnation, PartitionId partition, Point& point);

/// 409: nothing lies behind `end` in the partition of that stream.
Problem beyond_the_end(std::string_view parameter, std::string_view stream, Sequence asked);

}  // namespace spate::edge
