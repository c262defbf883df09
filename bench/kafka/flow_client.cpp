// librdkafka as its documentation says, nothing of the engine's client.
#include "bench/kafka/flow_client.hpp"

#include <sys/resource.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>

#include "engine/base/hash.hpp"

namespace spate::bench {
namespace {

constexpr int patience_ms = 20'000;

rd_kafka_headers_t* headers_of(const std::string& id, bool opens) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(6);
  const std::string type = opens ? "redemptions.open" : "redemptions.redeem";
  const std::pair<const char*, std::string> all[] = {
      {"ce_specversion", "1.0"},           {"ce_id", id},
      {"ce_source", source},               {"ce_type", type},
      {"ce_time", "2026-11-25T12:00:00Z"}, {"content-type", "application/json"}};
  for (const auto& [name, value] : all)
    rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
  return headers;
}

void must_be_delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* sender) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_err2str(message->err));
  if (sender != nullptr) static_cast<CommandSender*>(sender)->delivered(*message);
}

}  // namespace

void fail(const std::string& what) {
  std::fprintf(stderr, "kafka_flow: %s\n", what.c_str());
  std::exit(1);
}

int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

RdClient client(rd_kafka_type_t type, const std::string& brokers, const Settings& settings,
                void* opaque) {
  RdConf conf(rd_kafka_conf_new());
  char why[512] = "";
  const auto set = [&](const std::string& name, const std::string& value) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why, sizeof why) !=
        RD_KAFKA_CONF_OK)
      fail(why);
  };
  set("bootstrap.servers", brokers);
  set("socket.nagle.disable", "true");
  for (const auto& [name, value] : settings) set(name, value);
  rd_kafka_conf_set_opaque(conf.get(), opaque);
  if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf.get(), must_be_delivered);
  rd_kafka_t* made = rd_kafka_new(type, conf.get(), why, sizeof why);
  if (made == nullptr) fail(why);
  (void)conf.release();  // the instance owns it now
  return RdClient(made);
}

int32_t partitions_of(rd_kafka_t* client, const std::string& topic) {
  const RdTopic handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* found = nullptr;
  const auto error = rd_kafka_metadata(client, 0, handle.get(), &found, patience_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(topic + ": " + rd_kafka_err2str(error));
  const RdMetadata metadata(found);
  if (found->topic_cnt != 1 || found->topics[0].partition_cnt == 0)
    fail(topic + " is not there: make the topics first");
  return found->topics[0].partition_cnt;
}

CommandSender::CommandSender(const std::string& brokers, const Workload& workload,
                             const Settings& settings)
    : workload_(workload), producer_(client(RD_KAFKA_PRODUCER, brokers, settings, this)) {
  topic_.reset(rd_kafka_topic_new(producer_.get(), commands_topic, nullptr));
  const auto partitions = static_cast<uint32_t>(partitions_of(producer_.get(), commands_topic));
  for (uint64_t n = 0; n < workload.campaigns; ++n)
    home_.push_back(static_cast<int32_t>(partition_of(workload.campaign(n), partitions)));
}

void CommandSender::send(uint64_t n) {
  const uint64_t wish = workload_.wish(n);
  const std::string key = workload_.campaign(wish);
  const std::string body = workload_.body(wish);
  rd_kafka_headers_t* headers = headers_of(Workload::id(wish), workload_.opens(wish));
  for (;;) {
    const auto error = rd_kafka_producev(
        producer_.get(), RD_KAFKA_V_RKT(topic_.get()),
        RD_KAFKA_V_PARTITION(home_[wish % workload_.campaigns]),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(body.data()), body.size()),
        RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(n)), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail(rd_kafka_err2str(error));
    rd_kafka_poll(producer_.get(), 10);
  }
}

void CommandSender::flush() {
  if (rd_kafka_flush(producer_.get(), 60'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
    fail("not all commands were acknowledged within a minute");
}

void read_topic(const std::string& brokers, const std::string& topic, bool committed,
                const std::function<void(const rd_kafka_message_t&)>& take) {
  const RdClient consumer =
      client(RD_KAFKA_CONSUMER, brokers,
             {{"isolation.level", committed ? "read_committed" : "read_uncommitted"},
              {"enable.partition.eof", "true"},
              {"auto.offset.reset", "earliest"}});
  const int32_t partitions = partitions_of(consumer.get(), topic);
  const RdTopic handle(rd_kafka_topic_new(consumer.get(), topic.c_str(), nullptr));
  for (int32_t p = 0; p < partitions; ++p) {
    if (rd_kafka_consume_start(handle.get(), p, RD_KAFKA_OFFSET_BEGINNING) != 0)
      fail(topic + ": cannot be read");
    for (bool ended = false; !ended;) {
      const RdMessage message(rd_kafka_consume(handle.get(), p, patience_ms));
      if (message == nullptr) fail(topic + ": nothing came for a long time");
      ended = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
      if (ended) continue;
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_err2str(message->err));
      take(*message);
    }
    rd_kafka_consume_stop(handle.get(), p);
  }
}

Workload workload_of(const Arguments& arguments) {
  Workload workload;
  workload.count = number_of(arguments, "count", 0);
  workload.campaigns = number_of(arguments, "campaigns", workload.campaigns);
  workload.stock = number_of(arguments, "stock", workload.stock);
  workload.repeats = number_of(arguments, "repeats", 1) != 0;
  return workload;
}

std::string text_of(const Arguments& arguments, const std::string& name) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) fail("--" + name + " is missing: see bench/kafka/kafka_flow.cpp");
  return found->second;
}

uint64_t number_of(const Arguments& arguments, const std::string& name, uint64_t otherwise) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? otherwise : std::stoull(found->second);
}

}  // namespace spate::bench
