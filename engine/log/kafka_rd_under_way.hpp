// KafkaRdUnderWay: how many records of each partition a producer has taken and not yet reported.
#pragma once
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/ensure.hpp"
#include "engine/log/kafka_client.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate {

/// librdkafka 2.0 lets an idempotent producer send on to a partition only while fewer than five
/// records (not requests) of it are under way. Records that it holds until then are overdue, and
/// its thread asks for them again and again without a pause: a whole core for the time of a round
/// trip, taken from the very broker that is waited for when it runs beside. So a partition is given
/// what leaves as one request, and the next when that is reported. Any thread.
class KafkaRdUnderWay {
 public:
  static constexpr std::size_t sent_at_once = 5;
  /// One request: below batch.num.messages (10,000) and batch.size (1 MB) of librdkafka.
  static constexpr KafkaRoom request_max{5'000, 512 << 10};

  explicit KafkaRdUnderWay(const std::vector<KafkaDomainTopics>& topics) {
    for (const KafkaDomainTopics& domain : topics)
      counts_.emplace_back(domain.domain,
                           std::make_unique<std::atomic<std::size_t>[]>(domain.partitions));
  }

  /// Before it is taken: its report may come first.
  void add(PartitionId partition, std::size_t records) { of(partition).fetch_add(records); }
  void remove(PartitionId partition, std::size_t records) { of(partition).fetch_sub(records); }

  KafkaRoom room(PartitionId partition) const {
    const std::size_t now = of(partition).load();
    if (now == 0) return request_max;
    return {now < sent_at_once ? sent_at_once - now : 0, request_max.bytes};
  }

 private:
  /// Domains are few: a scan is fastest. Requires: the partition is one of the topics'.
  std::atomic<std::size_t>& of(PartitionId partition) const {
    for (const auto& [domain, counts] : counts_)
      if (domain == partition.domain) return counts[partition.index];
    ensure_failed("the partition's domain has topics", __FILE__, __LINE__);
  }

  std::vector<std::pair<uint16_t, std::unique_ptr<std::atomic<std::size_t>[]>>> counts_;
};

}  // namespace spate
