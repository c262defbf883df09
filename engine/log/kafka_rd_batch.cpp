// Views into librdkafka's fetch buffers.
#include "engine/log/kafka_rd_batch.hpp"

#include <cstring>

namespace spate {
namespace {
constexpr std::size_t header_bytes_guess = 256;  // of a CloudEvent in binary mode: some 150
}

std::size_t KafkaRdBatch::take(rd_kafka_queue_t* queue, int wait_ms) {
  ENSURE(count_ == 0);
  // The batch call waits until it is full: only the first message may be waited for.
  if (wait_ms > 0) {
    messages_[0] = rd_kafka_consume_queue(queue, wait_ms);
    if (messages_[0] == nullptr) return 0;
    count_ = 1;
  }
  const ssize_t taken = rd_kafka_consume_batch_queue(queue, 0, messages_.data() + count_,
                                                     messages_.size() - count_);
  if (taken > 0) count_ += static_cast<std::size_t>(taken);
  return count_;
}

void KafkaRdBatch::clear() {
  for (std::size_t i = 0; i < count_; ++i) rd_kafka_message_destroy(messages_[i]);
  count_ = 0;
}

/// librdkafka makes an allocation a header. Given back at once they are the next record's, warm;
/// kept until the batch ends they are thousands, and cost twice as much.
void KafkaRdBatch::add_headers(rd_kafka_message_t& message) {
  rd_kafka_headers_t* list = nullptr;
  if (rd_kafka_message_detach_headers(&message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const RdHeaders owned(list);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t bytes = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(list, i, &name, &value, &bytes) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    headers_.push_back({as_text(copy(name, std::strlen(name))), copy(value, bytes)});
}

/// Null data (a header without value) stay null.
Bytes KafkaRdBatch::copy(const void* data, std::size_t size) {
  if (data == nullptr) return {};
  auto* at = static_cast<uint8_t*>(header_bytes_->allocate(size, 1));
  std::memcpy(at, data, size);
  return {at, size};
}

std::span<const KafkaRecord> KafkaRdBatch::records(std::size_t begin, std::size_t end,
                                                   bool with_headers) {
  records_.clear();
  headers_.clear();
  headers_before_.clear();
  if (header_bytes_) {
    header_bytes_->release();
  } else if (with_headers) {
    header_room_.resize(messages_.size() * header_bytes_guess);
    header_bytes_.emplace(header_room_.data(), header_room_.size());
  }
  for (std::size_t i = begin; i < end; ++i) {
    rd_kafka_message_t& m = *messages_[i];
    KafkaRecord& record = records_.emplace_back();
    record.offset = m.offset;
    record.timestamp_ms = rd_kafka_message_timestamp(&m, nullptr);
    record.key = {static_cast<const uint8_t*>(m.key), m.key_len};
    record.value = {static_cast<const uint8_t*>(m.payload), m.len};
    headers_before_.push_back(headers_.size());
    if (with_headers) add_headers(m);
  }
  headers_before_.push_back(headers_.size());
  for (std::size_t i = 0; i < records_.size(); ++i)  // now that they do not move any more
    records_[i].headers = {headers_.data() + headers_before_[i],
                           headers_before_[i + 1] - headers_before_[i]};
  return records_;
}

}  // namespace spate
