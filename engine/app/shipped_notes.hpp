// What of the log goes with a shipped checkpoint, and whether one that was shipped fits the log.
#pragma once
#include "engine/log/kafka_client.hpp"
#include "engine/log/kafka_notes.hpp"
#include "engine/shipping/shipped_checkpoint.hpp"

namespace spate {

/// Copies the newest sound note of each partition; where each was read up to. Any thread: the notes
/// may be written meanwhile. Faults: of `to`.
Result<std::vector<ShippedPartition>> copy_notes(Storage& from, Storage& to,
                                                 const LogIdentity& identity,
                                                 const Topology& topology);

/// Why the outcome that it ends with is not in the topic, at that place, with that chain (C2);
/// empty: it is. `end`: where the topic ends. Faults (`retry`): it cannot be said just now.
Result<std::string> misfit(const ShippedPartition& partition, const Topology& topology,
                           KafkaClient& client,
                           const std::function<Result<int64_t>(PartitionId)>& end);

}  // namespace spate
