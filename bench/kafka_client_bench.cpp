// Consume a command, produce an outcome, hear its report: through the port, and librdkafka raw.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "engine/log/kafka_rd_admin.hpp"
#include "engine/log/kafka_rd_client.hpp"

namespace spate {
namespace {

constexpr std::size_t record_bytes = 200;
constexpr uint16_t partitions = 4;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Prints one line of JSON for a loop over `count` records.
template <class Loop>
void measure(const char* name, uint64_t count, Loop loop) {
  const SystemClock clock;
  const int64_t begin = clock.monotonic_ns();
  const double cpu = cpu_seconds();
  loop();
  const double took_s = static_cast<double>(clock.monotonic_ns() - begin) / 1e9;
  std::printf(
      "{\"bench\":\"kafka_client\",\"loop\":\"%s\",\"records\":%lu,\"per_second\":%.0f,"
      "\"cpu_s_per_million\":%.2f}\n",
      name, count, static_cast<double>(count) / took_s,
      1e6 * (cpu_seconds() - cpu) / static_cast<double>(count));
}

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "kafka_client_bench: %s\n", result.error().detail.c_str());
  std::exit(2);
}

/// Answers each command by an outcome of the same value.
class Echo final : public KafkaSink {
 public:
  explicit Echo(KafkaRdClient& client) : client_(client) {}
  void records(KafkaPlace place, std::span<const KafkaRecord> records) override {
    for (const KafkaRecord& r : records)
      while (client_.send_outcome(place.partition, ++sent, r.key, r.value) !=
             KafkaClient::Sent::yes) {
        --sent;
        usleep(100);  // a bench: the port says `full`, its user would come back after reports
      }
  }
  void report(const KafkaReport& report) override {
    reported += report.fate == KafkaReport::Fate::delivered;
  }
  void end(KafkaPlace, int64_t) override {}
  void out_of_range(KafkaPlace, int64_t) override {}
  void passed(KafkaPlace, int64_t) override {}
  void elected(std::span<const PartitionId>) override {}
  uint64_t sent = 0, reported = 0;

 private:
  KafkaRdClient& client_;
};

struct Cluster {
  std::string brokers;
  KafkaDomainTopics topics;
  uint64_t count = 0;

  std::unique_ptr<KafkaRdClient> client(const Clock& clock) const {
    KafkaRdOptions options;
    options.brokers = brokers;
    options.topics = {topics};
    options.send_records_max = 2 * count + 1'000;
    options.send_bytes_max = 1 << 30;
    return must(KafkaRdClient::open(std::move(options), clock));
  }
};

void fill(const Cluster& cluster, const Clock& clock) {
  const auto client = cluster.client(clock);
  Echo echo(*client);
  const std::string value(record_bytes, 'v');
  for (uint64_t i = 0; i < cluster.count;) {
    const PartitionId to{1, static_cast<uint16_t>(i % partitions)};
    if (client->send_command(to, i, as_bytes("key"), as_bytes(value), {}) ==
        KafkaClient::Sent::yes)
      ++i;
    else must(client->poll(echo));
  }
  while (echo.reported < cluster.count)
    if (must(client->poll(echo)) != Step::worked) usleep(1'000);
}

void through_the_port(const Cluster& cluster, const Clock& clock) {
  const auto client = cluster.client(clock);
  Echo echo(*client);
  ThreadBell bell;
  client->on_event(&bell);
  measure("port", cluster.count, [&] {
    for (uint16_t i = 0; i < partitions; ++i) client->follow({{1, i}, LogSide::commands}, 0);
    while (echo.reported < cluster.count)
      if (must(client->poll(echo)) != Step::worked) bell.wait(10'000'000);
  });
}

/// As quick as the library's own calls allow: batches in, batches out, reports by callback.
class RawLoop {
 public:
  explicit RawLoop(const Cluster& cluster) : cluster_(cluster) {
    rd_kafka_conf_t* conf = new_conf();
    rd_kafka_conf_set(conf, "auto.offset.reset", "error", nullptr, 0);
    consumer_ = RdClient(rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0));
    conf = new_conf();
    for (const auto& [name, value] : {std::pair("enable.idempotence", "true"),
                                      std::pair("linger.ms", "0"),
                                      std::pair("queue.buffering.max.messages", "10000000"),
                                      std::pair("queue.buffering.max.kbytes", "1048576")})
      rd_kafka_conf_set(conf, name, value, nullptr, 0);
    rd_kafka_conf_set_opaque(conf, this);
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* m, void* self) {
      static_cast<RawLoop*>(self)->reported_ += m->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    });
    producer_ = RdClient(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
    in_.reset(rd_kafka_topic_new(consumer_.get(), cluster.topics.commands.c_str(), nullptr));
    out_.reset(rd_kafka_topic_new(producer_.get(), cluster.topics.outcomes.c_str(), nullptr));
    queue_.reset(rd_kafka_queue_new(consumer_.get()));
  }
  void run() {
    measure("raw", cluster_.count, [&] {
      for (int32_t i = 0; i < partitions; ++i)
        rd_kafka_consume_start_queue(in_.get(), i, 0, queue_.get());
      while (reported_ < cluster_.count) turn();
    });
    for (int32_t i = 0; i < partitions; ++i) rd_kafka_consume_stop(in_.get(), i);
  }

 private:
  rd_kafka_conf_t* new_conf() const {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", cluster_.brokers.c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "socket.nagle.disable", "true", nullptr, 0);
    return conf;
  }
  void turn() {
    rd_kafka_message_t* got[1'000];
    const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), 1, got, std::size(got));
    for (ssize_t i = 0; i < count; ++i) {
      if (got[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_message_t& m = out_batch_[got[i]->partition].emplace_back();
        m = {};
        m.payload = got[i]->payload;
        m.len = got[i]->len;
        m.key = got[i]->key;
        m.key_len = got[i]->key_len;
      }
    }
    for (int32_t p = 0; p < partitions; ++p) {
      auto& batch = out_batch_[p];
      if (!batch.empty())
        rd_kafka_produce_batch(out_.get(), p, RD_KAFKA_MSG_F_COPY, batch.data(),
                               static_cast<int>(batch.size()));
      batch.clear();
    }
    for (ssize_t i = 0; i < count; ++i) rd_kafka_message_destroy(got[i]);
    rd_kafka_poll(producer_.get(), 0);
  }

  const Cluster& cluster_;
  uint64_t reported_ = 0;
  RdClient consumer_, producer_;
  RdTopic in_, out_;
  RdQueue queue_;
  std::vector<rd_kafka_message_t> out_batch_[partitions];
};

}  // namespace
}  // namespace spate

int main(int argc, char** argv) {
  using namespace spate;
  const char* brokers = std::getenv("SPATE_KAFKA");
  if (brokers == nullptr) {
    std::puts("{\"bench\":\"kafka_client\",\"skipped\":\"SPATE_KAFKA=host:port names no cluster\"}");
    return 0;
  }
  const bool tiny = argc > 1 && std::strcmp(argv[1], "--tiny") == 0;
  const SystemClock clock;
  const std::string domain = "bench" + std::to_string(getpid());
  Cluster cluster{brokers,
                  {1, kafka_topic_name(domain, LogSide::commands),
                   kafka_topic_name(domain, LogSide::outcomes), partitions},
                  tiny ? 10'000u : 1'000'000u};
  const auto admin = must(KafkaRdAdmin::open(brokers, {}, 20'000, nullptr));
  for (const std::string& name : {cluster.topics.commands, cluster.topics.outcomes})
    if (const auto made = admin->create({name, partitions, 1, {}}); !made) {
      std::fprintf(stderr, "kafka_client_bench: %s\n", made.error().detail.c_str());
      return 2;
    }
  fill(cluster, clock);
  for (int round = 0; round < (tiny ? 1 : 3); ++round) {
    RawLoop(cluster).run();
    through_the_port(cluster, clock);
  }
}
