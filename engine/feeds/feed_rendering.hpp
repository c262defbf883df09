// FeedRendering: what a feed says of one outcome; pure but for what it has to look up.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/codec/catalog.hpp"
#include "engine/log/log.hpp"

namespace spate {

/// A record for a topic of others.
struct FeedRecord {
  std::size_t topic = 0;  ///< of FeedClient::topics()
  uint16_t partition = 0;
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Where an outcome lies.
struct FeedPlace {
  const DomainPlan& domain;
  PartitionId partition;
  uint64_t incarnation = 0;
};

/// The token that names the outcome for ever: readers drop what they have seen by it (A2).
std::string feed_position(const FeedPlace& place, Sequence sequence);

class FeedRendering {
 public:
  virtual ~FeedRendering() = default;
  /// Names its progress in the notes: `dlq`, `order-events`.
  virtual const std::string& name() const = 0;
  virtual bool has(const DomainPlan& domain) const = 0;
  /// Adds what it says of the outcome: nothing, one record or several. Faults: `retry` (ask
  /// again later), `stop` (this version cannot: the feed of the partition waits for one that can).
  virtual Result<void> render(const FeedPlace& place, const RecordView& record,
                              std::vector<FeedRecord>& out) = 0;
};

}  // namespace spate
