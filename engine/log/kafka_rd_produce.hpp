// rd_produce: hands a record to librdkafka, which copies it.
#pragma once
#include "engine/log/kafka_client.hpp"
#include "engine/log/kafka_rd_handles.hpp"

namespace spate {

/// `token` comes back with the report. RD_KAFKA_RESP_ERR__QUEUE_FULL: nothing was taken.
rd_kafka_resp_err_t rd_produce(rd_kafka_t* instance, rd_kafka_topic_t* topic, int32_t partition,
                               uint64_t token, Bytes key, Bytes value,
                               std::span<const KafkaHeader> headers);

/// For rd_kafka_produce_batch: the token comes back with its report.
rd_kafka_message_t rd_message_of(const KafkaOutcome& outcome, uint64_t token);

}  // namespace spate
