// A token has no colon, a time has two.
#include "engine/edge/point.hpp"

#include "engine/codec/rfc3339.hpp"

namespace spate::edge {

std::optional<Problem> read_point(std::string_view parameter, const std::string& text,
                                  uint64_t incarnation, PartitionId partition, Point& point) {
  Instant time;
  if (from_rfc3339(text, time)) {
    point.time = time;
    return std::nullopt;
  }
  Position position;
  if (!from_token(text, position))
    return bad_parameter(parameter,
                         "must be a position that an answer carried, or a time as "
                         "2026-11-29T18:00:00Z");
  if (position.incarnation != incarnation)
    return Problem{.status = 409,
                   .code = "position_unknown",
                   .detail = "this position belongs to another life of the log"};
  for (const auto& [named, sequence] : position.parts) {
    if (named != partition) continue;
    point.sequence = sequence;
    return std::nullopt;
  }
  return bad_parameter(parameter,
                       "names no place in the partition of this stream: take the position of an "
                       "answer about this stream");
}

Problem beyond_the_end(std::string_view parameter, std::string_view stream, Sequence asked) {
  return {.status = 409,
          .code = "position_unknown",
          .detail = std::string(parameter) + " lies beyond the end of the log: the partition of '" +
                    std::string(stream) + "' has no outcome " + std::to_string(asked.value) +
                    " (yet)"};
}

}  // namespace spate::edge
