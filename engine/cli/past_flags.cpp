// The same words as the server's, for who has stopped it.
#include "engine/cli/past_flags.hpp"

#include "engine/app/schema_record.hpp"
#include "engine/base/place_text.hpp"
#include "engine/base/position.hpp"
#include "engine/base/text.hpp"
#include "engine/codec/rfc3339.hpp"
#include "engine/log/outcome_walk.hpp"

namespace spate::cli {

std::string StoppedStream::position(Sequence sequence) const {
  Position position{opened->log().identity().incarnation, {}};
  position.raise(partition, sequence);
  return to_token(position);
}

std::string StoppedStream::place() const {
  return place_text(domain->name, partition);
}

Result<StoppedStream> open_stream(const std::string& data, const std::string& domain,
                                  const std::string& stream) {
  StoppedStream found;
  TRY(found.catalog, Catalog::load(domains()));
  found.domain = found.catalog->find(domain);
  if (found.domain == nullptr) {
    NearestName nearest(domain);
    for (const DomainPlan& plan : found.catalog->domains()) nearest.offer(plan.name);
    return stop("unknown_domain", "there is no domain '" + domain + "'" + nearest.hint());
  }
  TRY(found.opened, StoppedLog::open(data));
  TRY(check_reads_schemas(data, *found.catalog));
  const DomainPlace* place = found.log().topology().find(domain);
  if (place == nullptr)
    return stop("unknown_domain", "the log of " + data + " was made before there was a domain '" +
                                      domain + "', and holds nothing of it");
  const uint32_t index = partition_of(stream, place->partitions);
  found.partition = {place->number, static_cast<uint16_t>(index)};
  return found;
}

Result<PastPoint> find_point(const StoppedStream& stream, std::string_view flag,
                             const std::string& text) {
  PastPoint point;
  Instant time;
  if (from_rfc3339(text, time)) {
    point.time = time;
    TRY(point.sequence, last_until(stream.log(), stream.partition, time));
    return point;
  }
  const std::string name(flag);
  Position position;
  if (!from_token(text, position))
    return stop("usage", name + " '" + text + "' is neither a position that an answer carried nor "
                                              "a time as 2026-11-29T18:00:00Z");
  if (position.incarnation != stream.log().identity().incarnation)
    return stop("position_unknown", name + " is a position of another log, or of another life of "
                                           "this one");
  bool is_named = false;
  for (const auto& [partition, sequence] : position.parts) {
    if (partition != stream.partition) continue;
    is_named = true;
    point.sequence = sequence;
  }
  if (!is_named)
    return stop("usage", name + " names no place in partition " + stream.place() +
                             ", where this stream lies: take the position of an answer about it");
  if (point.sequence.value == 0) return point;
  TRY(const auto there, time_of(stream.log(), stream.partition, point.sequence));
  if (there) return point;
  return stop("position_unknown", name + " lies beyond the end of the log: partition " +
                                      stream.place() + " has no outcome " +
                                      std::to_string(point.sequence.value));
}

}  // namespace spate::cli
