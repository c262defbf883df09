// A loop without state: consume a command, produce a record of an outcome's size, hear its report.
#include <algorithm>
#include <cstdio>

#include "bench/kafka/flow_client.hpp"

namespace spate::bench {
namespace {

constexpr std::size_t batch_max = 1'000;

/// As quick as librdkafka's own calls allow: batches in, batches out, reports by callback.
class RawLoop {
 public:
  RawLoop(const Arguments& arguments)
      : count_(number_of(arguments, "count", 0)),
        reads_headers_(number_of(arguments, "headers", 0) != 0),
        value_(number_of(arguments, "bytes", 200), 'v'),
        consumer_(client(RD_KAFKA_CONSUMER, text_of(arguments, "kafka"),
                         {{"auto.offset.reset", "error"},
                          {"isolation.level", "read_committed"},
                          {"queued.min.messages", "10000000"},
                          {"queued.max.messages.kbytes", "1048576"}})),
        producer_(client(RD_KAFKA_PRODUCER, text_of(arguments, "kafka"),
                         {{"enable.idempotence", "true"},
                          {"linger.ms", "0"},
                          {"queue.buffering.max.messages", "10000000"},
                          {"queue.buffering.max.kbytes", "262144"}})),
        in_(rd_kafka_topic_new(consumer_.get(), commands_topic, nullptr)),
        out_(rd_kafka_topic_new(producer_.get(), text_of(arguments, "outcomes").c_str(), nullptr)),
        queue_(rd_kafka_queue_new(consumer_.get())),
        batches_(static_cast<std::size_t>(partitions_of(consumer_.get(), commands_topic))) {
    partitions_of(producer_.get(), text_of(arguments, "outcomes"));  // known before it begins
  }

  void run() {
    const int64_t begin = now_ns();
    const double cpu = cpu_seconds();
    for (int32_t p = 0; p < static_cast<int32_t>(batches_.size()); ++p)
      rd_kafka_consume_start_queue(in_.get(), p, 0, queue_.get());
    while (sent_ < count_ || rd_kafka_outq_len(producer_.get()) > 0) turn();
    const double took_s = static_cast<double>(now_ns() - begin) / 1e9;
    std::printf("{\"commands\":%lu,\"seconds\":%.3f,\"cpu_seconds\":%.3f,\"header_bytes\":%zu}\n",
                sent_, took_s, cpu_seconds() - cpu, header_bytes_);
    for (int32_t p = 0; p < static_cast<int32_t>(batches_.size()); ++p)
      rd_kafka_consume_stop(in_.get(), p);
  }

 private:
  void turn() {
    rd_kafka_message_t* got[batch_max];
    const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), 1, got, batch_max);
    for (ssize_t i = 0; i < count; ++i) {
      if (got[i]->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      rd_kafka_message_t& m = batches_[static_cast<std::size_t>(got[i]->partition)].emplace_back();
      m = {};
      m.payload = value_.data();
      m.len = value_.size();
      m.key = got[i]->key;
      m.key_len = got[i]->key_len;
      if (reads_headers_) header_bytes_ += bytes_of_headers(*got[i]);
    }
    for (std::size_t p = 0; p < batches_.size(); ++p) send(static_cast<int32_t>(p), batches_[p]);
    for (ssize_t i = 0; i < count; ++i) rd_kafka_message_destroy(got[i]);
    rd_kafka_poll(producer_.get(), 0);
  }

  void send(int32_t partition, std::vector<rd_kafka_message_t>& batch) {
    while (!batch.empty()) {
      rd_kafka_produce_batch(out_.get(), partition, RD_KAFKA_MSG_F_COPY, batch.data(),
                             static_cast<int>(batch.size()));
      const auto refused = std::remove_if(batch.begin(), batch.end(), [](const auto& m) {
        return m.err == RD_KAFKA_RESP_ERR_NO_ERROR;
      });
      sent_ += static_cast<uint64_t>(batch.end() - refused);
      batch.erase(refused, batch.end());
      if (!batch.empty()) rd_kafka_poll(producer_.get(), 1);  // full: until reports come
    }
  }

  /// Of their values: what whoever reads an event in binary mode has to look at.
  static std::size_t bytes_of_headers(const rd_kafka_message_t& message) {
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t bytes = 0, sum = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &bytes) ==
                            RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i)
      sum += bytes;
    return sum;
  }

  const uint64_t count_;
  const bool reads_headers_;
  std::size_t header_bytes_ = 0;
  std::string value_;
  uint64_t sent_ = 0;
  RdClient consumer_, producer_;
  RdTopic in_, out_;
  RdQueue queue_;
  std::vector<std::vector<rd_kafka_message_t>> batches_;  // by partition
};

}  // namespace

int raw_loop(const Arguments& arguments) {
  RawLoop(arguments).run();
  return 0;
}

}  // namespace spate::bench
