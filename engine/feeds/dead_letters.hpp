// DeadLetters: commands that were refused, raw as they came, with the reason (A2, E1).
#pragma once
#include <functional>

#include "engine/feeds/feed_rendering.hpp"
#include "engine/log/kafka_client.hpp"

namespace spate {

/// One record a refused command, to the same partition of `spate.<domain>.dlq.v1`: key, value and
/// headers as they came, and behind those
///
///   __connect.errors.topic, .partition, .offset      where it came from
///   __connect.errors.exception.class.name            spate.Refused | spate.KeyReused
///   __connect.errors.exception.message, .stage       why; VALUE_CONVERTER | TRANSFORMATION
///   spate-position                                   of the outcome: the same when it comes twice
///   spate-command-id                                 32 hex digits
///   spate-truncated                                  only if the log kept but the beginning
///
/// A key that was used for something else (key_reused) is a dead letter if it came from another
/// system; an edge's caller was answered.
class DeadLetters final : public FeedRendering {
 public:
  /// Hands over the record of the command topic at that offset. Faults: as KafkaClient::fetch.
  using ReadRaw = std::function<Result<void>(PartitionId, int64_t offset,
                                             const std::function<void(const KafkaRecord&)>&)>;
  struct Topic {
    std::string domain;
    std::size_t topic = 0;
    uint16_t partitions = 0;
  };
  DeadLetters(std::vector<Topic> topics, ReadRaw read_raw);

  const std::string& name() const override { return name_; }
  bool has(const DomainPlan& domain) const override { return topic_of(domain) != nullptr; }
  Result<void> render(const FeedPlace& place, const RecordView& record,
                      std::vector<FeedRecord>& out) override;

 private:
  const Topic* topic_of(const DomainPlan& domain) const;
  Result<bool> take_reused(const FeedPlace& place, int64_t offset, FeedRecord& letter,
                           std::string& reason) const;

  const std::string name_ = "dlq";
  const std::vector<Topic> topics_;
  const ReadRaw read_raw_;
};

}  // namespace spate
