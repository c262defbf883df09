// Single records of small topics, read and written by the administration alone.
#include "engine/log/kafka_rd_admin.hpp"

namespace spate {

Result<std::optional<std::string>> KafkaRdAdmin::last_of_key(const std::string& topic,
                                                             const std::string& key) {
  TRY(RdConf reads, conf(KafkaRole::fetcher, {{"isolation.level", "read_uncommitted"},
                                              {"fetch.wait.max.ms", "10"}}));
  TRY(const RdClient reader, kafka_instance(KafkaRole::fetcher, std::move(reads)));
  int64_t begin = 0, end = 0;
  const auto error = rd_kafka_query_watermark_offsets(reader.get(), topic.c_str(), 0, &begin, &end,
                                                      timeout_ms_);
  if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
      error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    return std::optional<std::string>();
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return retry("kafka_unreachable", "the end of " + topic + ": " + rd_kafka_err2str(error));
  std::optional<std::string> last;
  const RdTopic handle(rd_kafka_topic_new(reader.get(), topic.c_str(), nullptr));
  if (begin < end) rd_kafka_consume_start(handle.get(), 0, begin);
  // Compaction leaves gaps, but never takes the last record.
  for (int64_t next = begin; next < end;) {
    const RdMessage m(rd_kafka_consume(handle.get(), 0, timeout_ms_));
    if (m == nullptr) break;
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    next = m->offset + 1;
    if (std::string_view(static_cast<const char*>(m->key), m->key_len) != key) continue;
    if (m->payload == nullptr) last.reset();
    else last.emplace(static_cast<const char*>(m->payload), m->len);
  }
  if (begin < end) rd_kafka_consume_stop(handle.get(), 0);
  return last;
}

Result<void> KafkaRdAdmin::append(const std::string& topic, const std::string& key,
                                  const std::string& value) {
  TRY(RdConf writes, conf(KafkaRole::commands, {}));
  rd_kafka_conf_set_events(writes.get(), RD_KAFKA_EVENT_DR);
  TRY(const RdClient writer, kafka_instance(KafkaRole::commands, std::move(writes)));
  const RdQueue reports(rd_kafka_queue_get_main(writer.get()));
  const RdTopic handle(rd_kafka_topic_new(writer.get(), topic.c_str(), nullptr));
  if (rd_kafka_produce(handle.get(), 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                       value.size(), key.data(), key.size(), nullptr) != 0)
    return stop("kafka_refused", topic + ": " + rd_kafka_err2str(rd_kafka_last_error()));
  const RdEvent event(rd_kafka_queue_poll(reports.get(), timeout_ms_));
  const rd_kafka_message_t* report =
      event == nullptr ? nullptr : rd_kafka_event_message_next(event.get());
  if (report == nullptr)
    return retry("kafka_unreachable", topic + " did not take a record in time");
  if (report->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return stop("kafka_refused", topic + ": " + rd_kafka_err2str(report->err));
  return {};
}

}  // namespace spate
