// Guarded properties carry their reason; all others are librdkafka's to judge.
#include "engine/log/kafka_rd_properties.hpp"

#include <cstdio>
#include <cstdlib>

#include "engine/base/behind.hpp"
#include "engine/base/text.hpp"

namespace spate {
namespace {

struct Owned {
  const char* name;
  const char* why;
};

constexpr const char* once = "a command must take effect exactly once whatever is retried";
constexpr const char* positions = "positions are kept in the outcome log, not in the group";
constexpr const char* election = "it is how the nodes elect owners: see kafka.group, kafka.instance";

/// What the protocol relies on; another value would lose, double or reorder.
constexpr Owned owned[] = {
    {"bootstrap.servers", "it is the setting kafka.brokers"},
    {"metadata.broker.list", "it is the setting kafka.brokers"},
    {"acks", "an answer is given when the in-sync replicas have its outcome: always all"},
    {"request.required.acks", "an answer is given when the in-sync replicas have its outcome"},
    {"enable.idempotence", once},
    {"transactional.id", "exactly once is kept without transactions, which this client loses"},
    {"enable.gapless.guarantee", once},
    {"message.timeout.ms", "a finite one drops messages and tears holes into a sequence: always 0"},
    {"delivery.timeout.ms", "a finite one drops messages and tears holes into a sequence: always 0"},
    {"max.in.flight", "outcomes must stay in order: 5, which idempotence allows"},
    {"max.in.flight.requests.per.connection", "outcomes must stay in order: 5"},
    {"retries", once},
    {"message.send.max.retries", once},
    {"queuing.strategy", "outcomes must stay in order"},
    {"partitioner", "commands are sent to the partition of their stream (murmur2) by number"},
    {"message.max.bytes", "it follows from processor.command_max and processor.outcome_max"},
    {"queue.buffering.max.messages", "it is cut from the setting memory"},
    {"queue.buffering.max.kbytes", "it is cut from the setting memory"},
    {"queued.min.messages", "it is cut from the setting memory"},
    {"queued.max.messages.kbytes", "it is cut from the setting memory"},
    {"delivery.report.only.error", "every report is needed: it carries the offset"},
    {"dr_cb", "reports are events here"},
    {"dr_msg_cb", "reports are events here"},
    {"enabled_events", "which events come is fixed"},
    {"isolation.level", "commands are read committed, outcomes are never transactional"},
    {"auto.offset.reset", "a missing offset stops its partition instead of skipping: always error"},
    {"enable.auto.commit", positions},
    {"auto.commit.enable", positions},
    {"enable.auto.offset.store", positions},
    {"enable.partition.eof", "ends are asked for"},
    {"group.id", election},
    {"group.instance.id", election},
    {"partition.assignment.strategy",
     "eager assignors only: cooperative ones crash in this client"},
    {"group.protocol", election},
    {"group.protocol.type", election},
    {"offset.store.method", positions},
    {"offset.store.path", positions},
    {"api.version.request", "exactly once and headers need brokers that say what they can"},
    {"topic.blacklist", "every topic of the log must be seen"},
    {"log.queue", "nobody would read that queue: lines are told as they come"},
    {"test.mock.num.brokers", "the log would lie in a cluster of its own, in memory"},
    {"allow.auto.create.topics", "topics are made by `spate topics apply`, with their partitions"},
};

const char* reason_owned(const std::string& name) {
  for (const Owned& property : owned)
    if (name == property.name) return property.why;
  return nullptr;
}

/// Every name librdkafka has, unset ones and aliases included: it only tells them as a table.
std::vector<std::string> known_properties() {
  char* text = nullptr;
  std::size_t bytes = 0;
  FILE* memory = open_memstream(&text, &bytes);
  rd_kafka_conf_properties_show(memory);
  std::fclose(memory);
  std::vector<std::string> names;
  const std::string_view table(text, bytes);
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = std::min(table.find('\n', at), table.size());
    const std::string_view line = table.substr(at, end - at);
    const std::size_t bar = line.find(" | ");
    const std::string_view name = trim(line.substr(0, std::min(bar, line.find(' '))));
    if (bar != std::string_view::npos && name != "Property") names.emplace_back(name);
    at = end + 1;
  }
  std::free(text);
  return names;
}

std::string set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char why[512] = "";
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK)
    return "";
  return why;
}

KafkaPropertyList guarded(KafkaRole role) {
  switch (role) {
    case KafkaRole::session:
    case KafkaRole::commands:
    case KafkaRole::feeds:
      return {{"enable.idempotence", "true"}, {"acks", "all"}, {"message.timeout.ms", "0"}};
    case KafkaRole::follower:
    case KafkaRole::fetcher:
      return {{"auto.offset.reset", "error"},
              {"enable.auto.commit", "false"},
              {"enable.auto.offset.store", "false"}};
    case KafkaRole::group:
      return {{"auto.offset.reset", "error"},
              {"enable.auto.commit", "false"},
              {"enable.auto.offset.store", "false"},
              {"partition.assignment.strategy", "range,roundrobin"}};
    case KafkaRole::admin:
      break;
  }
  return {};
}

/// Where ours differ from librdkafka's defaults: an answer waits for each of these, and a broker
/// that hangs must be noticed in seconds, not in a minute.
constexpr std::pair<const char*, const char*> quick[] = {
    {"socket.nagle.disable", "true"},     {"socket.timeout.ms", "10000"},
    {"reconnect.backoff.ms", "50"},       {"reconnect.backoff.max.ms", "1000"},
    {"socket.keepalive.enable", "true"},  {"topic.metadata.refresh.interval.ms", "30000"},
    {"log.connection.close", "false"},   {"statistics.interval.ms", "5000"},
};

bool is_producer(KafkaRole role) {
  return role == KafkaRole::session || role == KafkaRole::commands || role == KafkaRole::feeds;
}

void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  auto* callbacks = static_cast<RdCallbacks*>(rd_kafka_opaque(handle));
  if (level <= callbacks->log_level_max)
    callbacks->tell("kafka client: " + std::string(facility) + ": " + text);
}

constexpr const char* client_of(KafkaRole role) {
  switch (role) {
    case KafkaRole::session: return "outcomes";
    case KafkaRole::commands: return "commands";
    case KafkaRole::feeds: return "feeds";
    case KafkaRole::follower: return "follower";
    case KafkaRole::fetcher: return "fetcher";
    case KafkaRole::group: return "group";
    case KafkaRole::admin: break;
  }
  return "admin";
}

/// For instances that are polled for callbacks.
template <KafkaRole role>
int on_statistics(rd_kafka_t* handle, char* json, std::size_t bytes, void* opaque) {
  static_cast<RdCallbacks*>(opaque)->take_statistics(
      {client_of(role), rd_kafka_name(handle), std::string(json, bytes)});
  return 0;  // the text stays librdkafka's
}

using OnStatistics = int (*)(rd_kafka_t*, char*, std::size_t, void*);
OnStatistics statistics_of(KafkaRole role) {
  switch (role) {
    case KafkaRole::follower: return on_statistics<KafkaRole::follower>;
    case KafkaRole::fetcher: return on_statistics<KafkaRole::fetcher>;
    default: return nullptr;  // by events, or short-lived
  }
}

}  // namespace

std::string kafka_property_fault(std::string_view kind, const std::string& name,
                                 const std::string& value) {
  if (const char* why = reason_owned(name)) return "cannot be set: " + std::string(why);
  const RdConf conf(rd_kafka_conf_new());
  char why[512] = "";
  const auto taken = rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why, sizeof why);
  if (taken == RD_KAFKA_CONF_OK) return "";
  if (taken == RD_KAFKA_CONF_INVALID) return "is refused by librdkafka: " + std::string(why);
  const std::vector<std::string> names = known_properties();
  NearestName nearest(name);
  for (const std::string& known : names) nearest.offer(known);
  return "is no property of librdkafka" +
         (nearest.found().empty() ? std::string()
                                  : "; did you mean kafka." + std::string(kind) + "." +
                                        std::string(nearest.found()) + "?");
}

bool kafka_property_is_secret(std::string_view name) {
  for (const std::string_view part : {"password", "secret", "ssl.key.pem", "sasl.oauthbearer.config"})
    if (name.find(part) != std::string_view::npos) return true;
  return false;
}

Result<void> check_kafka_properties(const KafkaProperties& properties) {
  const std::pair<const char*, const KafkaPropertyList*> kinds[] = {
      {"common", &properties.common},
      {"consumer", &properties.consumer},
      {"producer", &properties.producer}};
  for (const auto& [kind, list] : kinds)
    for (const auto& [name, value] : *list)
      if (const std::string fault = kafka_property_fault(kind, name, value); !fault.empty())
        return stop("config_invalid", "kafka." + std::string(kind) + "." + name + " " + fault);
  return {};
}

Result<RdConf> kafka_conf(KafkaRole role, const KafkaProperties& given,
                          const KafkaPropertyList& ours, RdCallbacks& callbacks) {
  RdConf conf(rd_kafka_conf_new());
  const auto set_all = [&](const KafkaPropertyList& list) -> Result<void> {
    for (const auto& [name, value] : list)
      if (const std::string why = set(conf.get(), name, value); !why.empty())
        return stop("config_invalid", name + "=" + value + " is refused by librdkafka: " + why);
    return {};
  };
  for (const auto& [name, value] : quick) TRY(set_all({{name, value}}));
  // 100 µs: what is given in one go leaves as one request (kafka_rd_under_way.hpp).
  if (is_producer(role))
    TRY(set_all({{"linger.ms", "0.1"}, {"request.timeout.ms", "5000"}, {"retry.backoff.ms", "50"}}));
  TRY(set_all(ours));
  TRY(set_all(given.common));
  if (is_producer(role)) {
    TRY(set_all(given.producer));
  } else if (role != KafkaRole::admin) {
    TRY(set_all(given.consumer));
  }
  TRY(set_all(guarded(role)));
  for (const auto* list : {&given.common, &given.consumer, &given.producer})
    for (const auto& [name, value] : *list)
      if (name == "debug") callbacks.log_level_max = 7;
  rd_kafka_conf_set_opaque(conf.get(), &callbacks);
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  rd_kafka_conf_set_stats_cb(conf.get(), statistics_of(role));
  return conf;
}

bool take_statistics(KafkaRole role, const rd_kafka_t* instance, rd_kafka_event_t* event,
                     RdCallbacks& callbacks) {
  if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_STATS) return false;
  callbacks.take_statistics(
      {client_of(role), rd_kafka_name(instance), rd_kafka_event_stats(event)});
  return true;
}

Result<RdClient> kafka_instance(KafkaRole role, RdConf conf) {
  // Where cores are few, its thread would run as soon as the first record of a batch is queued,
  // send that one alone, and ask for the rest without a pause until it is acknowledged
  // (kafka_rd_under_way.hpp): a fifth of its time, and as many requests again.
  const StartsQuietThreads quiet;
  char why[512] = "";
  const bool consumes = role != KafkaRole::admin && !is_producer(role);
  rd_kafka_t* handle = rd_kafka_new(consumes ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf.get(),
                                    why, sizeof why);
  if (handle == nullptr)
    return stop("kafka_client", "librdkafka refuses its configuration: " + std::string(why));
  (void)conf.release();  // the instance owns it now
  return RdClient(handle);
}

}  // namespace spate
