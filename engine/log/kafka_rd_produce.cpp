// One way to produce for all: without headers the cheaper call.
#include "engine/log/kafka_rd_produce.hpp"

namespace spate {
namespace {

/// Copied into the record on success only: with headers given one by one, librdkafka 2.0 frees
/// them twice when the partition does not exist.
RdHeaders headers_of(std::span<const KafkaHeader> headers) {
  RdHeaders list(rd_kafka_headers_new(headers.size()));
  for (const KafkaHeader& h : headers)
    rd_kafka_header_add(list.get(), h.name.data(), static_cast<ssize_t>(h.name.size()),
                        h.value.data(), static_cast<ssize_t>(h.value.size()));
  return list;
}

/// An empty value is a value; only null data is a tombstone.
void* pointer_of(Bytes bytes) { return const_cast<uint8_t*>(bytes.data()); }

rd_kafka_vu_t variant(rd_kafka_vtype_t type) {
  rd_kafka_vu_t v{};
  v.vtype = type;
  return v;
}

rd_kafka_resp_err_t produce_with_headers(rd_kafka_t* instance, rd_kafka_topic_t* topic,
                                         int32_t partition, uint64_t token, Bytes key, Bytes value,
                                         RdHeaders headers) {
  rd_kafka_vu_t fields[7] = {
      variant(RD_KAFKA_VTYPE_RKT),    variant(RD_KAFKA_VTYPE_PARTITION),
      variant(RD_KAFKA_VTYPE_KEY),    variant(RD_KAFKA_VTYPE_VALUE),
      variant(RD_KAFKA_VTYPE_OPAQUE), variant(RD_KAFKA_VTYPE_MSGFLAGS),
      variant(RD_KAFKA_VTYPE_HEADERS)};
  fields[0].u.rkt = topic;
  fields[1].u.i32 = partition;
  fields[2].u.mem = {pointer_of(key), key.size()};
  fields[3].u.mem = {pointer_of(value), value.size()};
  fields[4].u.ptr = reinterpret_cast<void*>(token);
  fields[5].u.i = RD_KAFKA_MSG_F_COPY;
  fields[6].u.headers = headers.get();
  const RdError error(rd_kafka_produceva(instance, fields, std::size(fields)));
  if (error != nullptr) return rd_kafka_error_code(error.get());
  (void)headers.release();  // the record's now
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

rd_kafka_message_t rd_message_of(const KafkaOutcome& outcome, uint64_t token) {
  rd_kafka_message_t message{};
  message.key = pointer_of(outcome.key);
  message.key_len = outcome.key.size();
  message.payload = pointer_of(outcome.value);
  message.len = outcome.value.size();
  message._private = reinterpret_cast<void*>(token);
  return message;
}

rd_kafka_resp_err_t rd_produce(rd_kafka_t* instance, rd_kafka_topic_t* topic, int32_t partition,
                               uint64_t token, Bytes key, Bytes value,
                               std::span<const KafkaHeader> headers) {
  if (!headers.empty())
    return produce_with_headers(instance, topic, partition, token, key, value,
                                headers_of(headers));
  const int failed =
      rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, pointer_of(value), value.size(),
                       key.data(), key.size(), reinterpret_cast<void*>(token));
  return failed == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
}

}  // namespace spate
