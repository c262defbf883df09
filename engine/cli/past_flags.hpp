// Past flags: a domain, one stream of it, and where its past is read: a stopped directory or a
// server.
#pragma once
#include <memory>

#include "engine/app/stopped_log.hpp"
#include "engine/cli/command.hpp"
#include "engine/codec/catalog.hpp"

namespace spate::cli {

/// One stream in the log of a stopped directory.
struct StoppedStream {
  std::unique_ptr<Catalog> catalog;
  std::unique_ptr<StoppedLog> opened;
  const DomainPlan* domain = nullptr;
  PartitionId partition;

  SegmentLog& log() const { return opened->log(); }
  /// The token of an outcome of its partition.
  std::string position(Sequence sequence) const;
  /// "redemptions/3".
  std::string place() const;
};
/// Faults: `unknown_domain`; of the directory.
Result<StoppedStream> open_stream(const std::string& data, const std::string& domain,
                                  const std::string& stream);

/// Where a point in the past lies: `text` is a position of this log, or a time.
struct PastPoint {
  std::optional<Instant> time;
  Sequence sequence;  ///< of a position: the outcome itself; of a time: the last one until then
};
/// Faults: `usage` for what is neither; `position_unknown` for one of another log or beyond the
/// end.
Result<PastPoint> find_point(const StoppedStream& stream, std::string_view flag,
                             const std::string& text);

}  // namespace spate::cli
