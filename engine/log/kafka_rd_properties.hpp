// The configuration of librdkafka's instances: ours, the operator's, and what the protocol guards.
#pragma once
#include "engine/log/kafka_properties.hpp"
#include "engine/log/kafka_rd_handles.hpp"

namespace spate {

/// What a client instance is for.
enum class KafkaRole : uint8_t { session, commands, feeds, follower, fetcher, group, admin };

/// The configuration of a new instance: ours, then the operator's, then what the protocol owns.
/// Requires: check_kafka_properties passed. Faults: `config_invalid`.
Result<RdConf> kafka_conf(KafkaRole role, const KafkaProperties& given,
                          const KafkaPropertyList& ours, RdCallbacks& callbacks);

/// Takes what an event queue tells of its instance; false: the event is of another type. For
/// instances whose main queue is served by events, which have RD_KAFKA_EVENT_STATS among them.
bool take_statistics(KafkaRole role, const rd_kafka_t* instance, rd_kafka_event_t* event,
                     RdCallbacks& callbacks);

/// A running instance. The conf is consumed. Faults: `kafka_client` (librdkafka says why).
Result<RdClient> kafka_instance(KafkaRole role, RdConf conf);

}  // namespace spate
