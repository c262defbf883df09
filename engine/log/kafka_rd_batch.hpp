// KafkaRdBatch: messages as librdkafka hands them over, as records; headers alone are copied.
#pragma once
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <vector>

#include "engine/log/kafka_client.hpp"
#include "engine/log/kafka_rd_handles.hpp"

namespace spate {

class KafkaRdBatch {
 public:
  explicit KafkaRdBatch(std::size_t records_max) : messages_(records_max) {}
  ~KafkaRdBatch() { clear(); }
  KafkaRdBatch(const KafkaRdBatch&) = delete;
  KafkaRdBatch& operator=(const KafkaRdBatch&) = delete;

  /// Takes what the queue has, waiting at most `wait_ms` for the first; how many. Requires: empty.
  std::size_t take(rd_kafka_queue_t* queue, int wait_ms);
  std::size_t count() const { return count_; }
  bool full() const { return count_ == messages_.size(); }
  const rd_kafka_message_t& at(std::size_t i) const { return *messages_[i]; }

  /// Messages [begin, end), none of them an error, as records; valid until the next call. Headers
  /// are there for the first call that shows a message.
  std::span<const KafkaRecord> records(std::size_t begin, std::size_t end, bool with_headers);
  void clear();

 private:
  void add_headers(rd_kafka_message_t& message);
  Bytes copy(const void* data, std::size_t size);

  std::vector<rd_kafka_message_t*> messages_;
  std::size_t count_ = 0;
  std::vector<KafkaRecord> records_;
  std::vector<KafkaHeader> headers_;
  std::vector<std::size_t> headers_before_;
  std::vector<std::byte> header_room_;
  std::optional<std::pmr::monotonic_buffer_resource> header_bytes_;  ///< once one is asked for
};

}  // namespace spate
