// KafkaClient: the narrow port to a Kafka cluster, below which librdkafka lies in the product and a
// simulated cluster in tests, so that both meet the shipped protocol (G4).
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/bell.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/result.hpp"
#include "engine/base/step.hpp"
#include "engine/log/record_batch.hpp"

namespace spate {

/// A partition of one of the topics `spate.<domain>.<commands|outcomes>.v1`.
struct KafkaPlace {
  PartitionId partition;
  LogSide side = LogSide::outcomes;
  constexpr auto operator<=>(const KafkaPlace&) const = default;
};

struct KafkaHeader {
  std::string_view name;
  Bytes value;
};

/// Views are valid during the call that hands the record over.
struct KafkaRecord {
  int64_t offset = -1;
  int64_t timestamp_ms = 0;  ///< since 1970; LogAppendTime on the command topics (F1)
  Bytes key;
  Bytes value;               ///< null data: a tombstone
  std::span<const KafkaHeader> headers;
};

struct KafkaOutcome {
  Bytes key;
  Bytes value;
};

/// How much a place takes at a time.
struct KafkaRoom {
  std::size_t records = ~std::size_t{0};
  std::size_t bytes = ~std::size_t{0};
};

/// How one `send_*` ended. Reports of one place and session come in the order of the sends.
struct KafkaReport {
  enum class Fate : uint8_t { delivered, failed };
  KafkaPlace place;
  uint64_t session = 0;  ///< the session that sent it; commands: 0
  uint64_t token = 0;
  Fate fate = Fate::delivered;
  int64_t offset = -1;   ///< delivered: where; < 0 when the broker did not say, never to be guessed
  std::string reason;    ///< failed: it may be in the log nevertheless, now or later
};

/// What a client hears. All calls come out of `KafkaClient::poll`, on its thread.
class KafkaSink {
 public:
  virtual ~KafkaSink() = default;
  /// Of a followed place, in offset order; on command topics offsets may jump.
  virtual void records(KafkaPlace place, std::span<const KafkaRecord> records) = 0;
  /// Of a followed command topic: nothing lies below `next` that did not come. Said where offsets
  /// hold no record at the end: marks of other systems' transactions, and what they took back.
  virtual void passed(KafkaPlace place, int64_t next) = 0;
  virtual void report(const KafkaReport& report) = 0;
  /// The answer to `ask_end`: the offset the next record would get, as of the question or later.
  virtual void end(KafkaPlace place, int64_t offset) = 0;
  /// What is followed is not there: the log begins at `begin`. Nothing more comes of it.
  virtual void out_of_range(KafkaPlace place, int64_t begin) = 0;
  /// The group chooses again: what it said before may not hold any more, `elected` follows.
  virtual void electing() {}
  /// The finished assignment of the group: the partitions that this node should own from now on.
  virtual void elected(std::span<const PartitionId> partitions) = 0;
};

/// Threads: `send_*` and `fetch` may be called by any thread, the rest by the one that polls.
class KafkaClient {
 public:
  enum class Sent : uint8_t { yes, full };
  virtual ~KafkaClient() = default;

  /// A new idempotent producer (acks=all) for outcomes; the one before is closed. What it had not
  /// yet sent may still reach the log (stragglers), but no report of it comes any more.
  virtual uint64_t open_session() = 0;
  /// Sends through the current session, behind all sent before to that partition. Full: nothing
  /// was taken, try again after reports (G5).
  virtual Sent send_outcome(PartitionId partition, uint64_t token, Bytes key, Bytes value) = 0;
  /// As `send_outcome` of one after another, with `token` and those that follow it: how many were
  /// taken, from the first on; fewer than all: full.
  virtual std::size_t send_outcomes(PartitionId partition, uint64_t token,
                                    std::span<const KafkaOutcome> outcomes) {
    std::size_t taken = 0;
    for (; taken < outcomes.size(); ++taken, ++token)
      if (send_outcome(partition, token, outcomes[taken].key, outcomes[taken].value) == Sent::full)
        break;
    return taken;
  }
  /// Sends through a producer of its own that outlives sessions.
  virtual Sent send_command(PartitionId partition, uint64_t token, Bytes key, Bytes value,
                            std::span<const KafkaHeader> headers) = 0;

  /// What may be sent to the place now so that it leaves at once. Asked before a batch; nothing:
  /// ask again after a report of that place. What is sent beyond it is taken, and waits in the
  /// client at its cost.
  virtual KafkaRoom room(KafkaPlace) const { return {}; }

  /// Records of the place from offset `from` on come to the sink; replaces an earlier position,
  /// none of whose records come after this call.
  virtual void follow(KafkaPlace place, int64_t from) = 0;
  virtual void unfollow(KafkaPlace place) = 0;
  /// While held, no records of the place come; they are not lost. Ends with `follow`, `unfollow`.
  virtual void hold(KafkaPlace place, bool held) = 0;
  virtual void ask_end(KafkaPlace place) = 0;

  /// Gives this node's place in the group up, so that the others are elected in its stead. It hears
  /// of no election any more.
  virtual void leave_group() = 0;

  /// Hands over what has come. Never blocks. Faults (`stop`): the client cannot go on.
  virtual Result<Step> poll(KafkaSink& sink) = 0;
  /// Rung when `poll` has something; before the first poll.
  virtual void on_event(Bell* bell) = 0;

  /// Records from exactly `from` on, at least one, at most about `bytes_max` bytes, by one call of
  /// `take`. Blocks for a bounded time. Faults: `retry` (not reachable now), `kafka_gone` (stop: no
  /// such offset any more).
  virtual Result<void> fetch(KafkaPlace place, int64_t from, std::size_t bytes_max,
                             const std::function<void(std::span<const KafkaRecord>)>& take) = 0;
};

}  // namespace spate
