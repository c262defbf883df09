// Commands at a steady rate, open loop: how long until the outcome of each is read by another.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "bench/kafka/flow_client.hpp"
#include "bench/kafka/outcomes.hpp"

namespace spate::bench {
namespace {

/// Reads outcomes as they become visible to who reads committed records.
class Watch {
 public:
  Watch(const Arguments& arguments, uint64_t first)
      : first_(first),
        of_spate_(text_of(arguments, "of") == "spate"),
        consumer_(client(RD_KAFKA_CONSUMER, text_of(arguments, "kafka"),
                         {{"isolation.level", "read_committed"},
                          {"fetch.wait.max.ms", "100"},
                          {"fetch.error.backoff.ms", "1"},
                          {"auto.offset.reset", "error"}})),
        topic_(rd_kafka_topic_new(consumer_.get(), text_of(arguments, "outcomes").c_str(),
                                  nullptr)),
        queue_(rd_kafka_queue_new(consumer_.get())) {
    partitions_ = partitions_of(consumer_.get(), text_of(arguments, "outcomes"));
    for (int32_t p = 0; p < partitions_; ++p) {
      int64_t begin = 0, end = 0;
      if (rd_kafka_query_watermark_offsets(consumer_.get(), rd_kafka_topic_name(topic_.get()), p,
                                           &begin, &end, 20'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("the end of the outcomes cannot be asked for");
      rd_kafka_consume_start_queue(topic_.get(), p, end, queue_.get());
    }
  }
  ~Watch() {
    for (int32_t p = 0; p < partitions_; ++p) rd_kafka_consume_stop(topic_.get(), p);
  }

  /// When each command is due to be sent.
  void expect(const std::vector<int64_t>& due_ns) {
    due_ns_ = due_ns;
    latency_ns_ = taken_ns_ = decided_ns_ = std::vector<int64_t>(due_ns.size(), -1);
  }
  /// Until all came or `give_up_ns` has passed.
  void run(const std::atomic<int64_t>& give_up_ns) {
    while (seen_ < due_ns_.size() && now_ns() < give_up_ns.load()) {
      const RdMessage message(rd_kafka_consume_queue(queue_.get(), 100));
      if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) take(*message);
    }
  }
  /// Sorted, of the commands from `from` on that were answered; how many were not.
  std::vector<int64_t> latencies(std::size_t from, uint64_t& missing) const {
    std::vector<int64_t> found = sorted(latency_ns_, from);
    missing = latency_ns_.size() - from - found.size();
    return found;
  }
  /// Sorted: from a command's being due until the broker took it; until its outcome was sent. By
  /// the clocks of two processes and in whole milliseconds; empty when outcomes do not say it.
  std::vector<int64_t> until_taken(std::size_t from) const { return sorted(taken_ns_, from); }
  std::vector<int64_t> until_decided(std::size_t from) const { return sorted(decided_ns_, from); }

 private:
  void take(const rd_kafka_message_t& message) {
    const int64_t now = now_ns();
    const auto decided =
        of_spate_ ? decided_by_spate(message) : std::optional(decided_by_streams(message));
    if (!decided || decided->claimant.empty()) return;
    const uint64_t place = Workload::number_of(decided->claimant) - first_;
    if (place >= due_ns_.size() || latency_ns_[place] >= 0) return;
    latency_ns_[place] = now - due_ns_[place];
    ++seen_;
    if (decided->taken_ms == 0) return;
    const int64_t due_wall_ns = wall_ns() - latency_ns_[place];
    const int64_t decided_ms = rd_kafka_message_timestamp(&message, nullptr);
    taken_ns_[place] = std::max<int64_t>(decided->taken_ms * 1'000'000 - due_wall_ns, 0);
    decided_ns_[place] = std::max<int64_t>(decided_ms * 1'000'000 - due_wall_ns, 0);
  }
  static int64_t wall_ns() {
    return std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  }
  static std::vector<int64_t> sorted(const std::vector<int64_t>& times, std::size_t from) {
    std::vector<int64_t> found;
    for (std::size_t i = from; i < times.size(); ++i)
      if (times[i] >= 0) found.push_back(times[i]);
    std::sort(found.begin(), found.end());
    return found;
  }

  const uint64_t first_;
  std::vector<int64_t> due_ns_;
  std::vector<int64_t> latency_ns_, taken_ns_, decided_ns_;  // < 0: not known
  std::size_t seen_ = 0;
  const bool of_spate_;
  RdClient consumer_;
  RdTopic topic_;
  RdQueue queue_;
  int32_t partitions_ = 0;
};

double ms(const std::vector<int64_t>& sorted, double share) {
  if (sorted.empty()) return -1;
  const auto place = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return static_cast<double>(sorted[place]) / 1e6;
}

/// Hears of acknowledgements meanwhile.
void wait_until(int64_t due_ns, CommandSender& sender) {
  for (int64_t left_ns = due_ns - now_ns(); left_ns > 0; left_ns = due_ns - now_ns()) {
    if (left_ns > 1'500'000) sender.poll(static_cast<int>(left_ns / 1'000'000));
    else std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

}  // namespace

int pace(const Arguments& arguments) {
  Workload workload = workload_of(arguments);
  workload.repeats = false;
  const uint64_t first = number_of(arguments, "from", 0);
  const uint64_t rate = number_of(arguments, "rate", 1'000);
  const uint64_t count = rate * number_of(arguments, "seconds", 10);
  CommandSender sender(text_of(arguments, "kafka"), workload,
                       // Not idempotent: with its five requests in flight librdkafka 2.0 polls
                       // without a pause, and would take the broker's core.
                       {{"linger.ms", std::to_string(number_of(arguments, "linger-ms", 5))},
                        {"acks", "1"},
                        {"retries", "0"}});
  std::vector<int64_t> acknowledged_ns(count, -1);
  sender.on_delivery([&](uint64_t n) { acknowledged_ns[n - first] = now_ns(); });
  Watch watch(arguments, first);
  const int64_t begin = now_ns() + 1'000'000'000;  // connected by now: that can take seconds
  std::vector<int64_t> due(count);
  for (uint64_t i = 0; i < count; ++i)
    due[i] = begin + static_cast<int64_t>(i * 1'000'000'000 / rate);
  watch.expect(due);
  std::atomic<int64_t> give_up_ns{INT64_MAX};
  std::thread watching([&] { watch.run(give_up_ns); });
  for (uint64_t i = 0; i < count; ++i) {
    wait_until(due[i], sender);
    sender.send(first + i);
    sender.poll();
  }
  sender.flush();
  give_up_ns = now_ns() + 10'000'000'000;
  watching.join();
  uint64_t missing = 0;
  const auto sorted = watch.latencies(count / 4, missing);  // a quarter to warm up
  for (std::size_t i = 0; i < count; ++i) acknowledged_ns[i] -= due[i];
  acknowledged_ns.erase(acknowledged_ns.begin(),
                        acknowledged_ns.begin() + static_cast<std::ptrdiff_t>(count / 4));
  std::sort(acknowledged_ns.begin(), acknowledged_ns.end());
  std::printf("{\"rate\":%lu,\"measured\":%zu,\"missing\":%lu,\"p50_ms\":%.3f,\"p90_ms\":%.3f,"
              "\"p99_ms\":%.3f,\"max_ms\":%.3f,",
              rate, sorted.size(), missing, ms(sorted, 0.5), ms(sorted, 0.9), ms(sorted, 0.99),
              ms(sorted, 1));
  const auto taken = watch.until_taken(count / 4), decided = watch.until_decided(count / 4);
  std::printf("\"acknowledged_p50_ms\":%.3f,\"acknowledged_p99_ms\":%.3f,"
              "\"taken_p50_ms\":%.0f,\"taken_p99_ms\":%.0f,"
              "\"decided_p50_ms\":%.0f,\"decided_p99_ms\":%.0f}\n",
              ms(acknowledged_ns, 0.5), ms(acknowledged_ns, 0.99), ms(taken, 0.5), ms(taken, 0.99),
              ms(decided, 0.5), ms(decided, 0.99));
  return missing == 0 ? 0 : 1;
}

}  // namespace spate::bench
