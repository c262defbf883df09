// Brokers that librdkafka knows by their place alone (bootstrap, coordinator) are the same again.
#include "engine/app/kafka_metrics.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "engine/codec/json_value.hpp"

namespace spate {
namespace {

constexpr double us_per_s = 1e6;

struct Broker {
  bool up = true;
  double rtt_s = 0;
};

/// What instances count from their beginning.
enum KafkaCounter {
  requests, errors, timeouts, disconnects, sent, received, received_records, rebalances
};
constexpr std::pair<Metric, KafkaCounter> counters[] = {
    {Metric::kafka_requests, requests},        {Metric::kafka_request_errors, errors},
    {Metric::kafka_request_timeouts, timeouts}, {Metric::kafka_disconnects, disconnects},
    {Metric::kafka_sent_bytes, sent},          {Metric::kafka_received_bytes, received}};

/// How the instances for one purpose are now.
struct Client {
  std::map<std::string, Broker> brokers;
  double queued_records = 0, queued_bytes = 0, fetched_bytes = 0;
  bool produces = false;
};

double number(const JsonValue& object, std::string_view name) {
  return static_cast<double>(object.integer_of(name));
}

template <class Counters>
void add_brokers(const JsonValue& brokers, Client& client, Counters& counted) {
  for (const auto& [name, broker] : brokers.members) {
    counted[errors] += number(broker, "txerrs") + number(broker, "rxerrs");
    counted[timeouts] += number(broker, "req_timeouts");
    counted[disconnects] += number(broker, "disconnects");
    if (broker.integer_of("nodeid", -1) < 0) continue;
    Broker& seen = client.brokers[broker.text_of("nodename", name)];
    seen.up &= broker.text_of("state") == "UP";
    if (const JsonValue* rtt = broker.find("rtt"))
      seen.rtt_s = std::max(seen.rtt_s, number(*rtt, "avg") / us_per_s);
  }
}

void add_topics(const JsonValue& topics, Client& client) {
  for (const auto& [name, topic] : topics.members)
    if (const JsonValue* partitions = topic.find("partitions"))
      for (const auto& [index, partition] : partitions->members)
        client.fetched_bytes += number(partition, "fetchq_size");
}

void add_client(const std::string& name, const Client& client, std::vector<Sample>& out) {
  for (const auto& [broker, seen] : client.brokers) {
    out.push_back({Metric::kafka_broker_up, {name, broker}, seen.up ? 1.0 : 0.0});
    out.push_back({Metric::kafka_broker_rtt, {name, broker}, seen.rtt_s});
  }
  if (client.produces) {
    out.push_back({Metric::kafka_queued_records, {name}, client.queued_records});
    out.push_back({Metric::kafka_queued_bytes, {name}, client.queued_bytes});
  } else {
    out.push_back({Metric::kafka_fetched_bytes, {name}, client.fetched_bytes});
  }
}

}  // namespace

void KafkaMetrics::count(Total& total, const std::string& instance, const Counters& now) {
  Counters& before = counted_[instance];
  for (std::size_t i = 0; i < now.size(); ++i) {
    total.counted[i] += std::max(0.0, now[i] - before[i]);
    before[i] = std::max(before[i], now[i]);
  }
}

void KafkaMetrics::add(const std::vector<KafkaStatistics>& statistics, std::vector<Sample>& out) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Client> clients;
  std::set<std::string> speak;
  for (const KafkaStatistics& told : statistics) {
    const Result<JsonValue> parsed = JsonValue::parse(told.json);
    if (!parsed) continue;
    Client& client = clients[told.client];
    client.produces = parsed->text_of("type") == "producer";
    client.queued_records += number(*parsed, "msg_cnt");
    client.queued_bytes += number(*parsed, "msg_size");
    Counters now{};
    now[requests] = number(*parsed, "tx");
    now[sent] = number(*parsed, "tx_bytes");
    now[received] = number(*parsed, "rx_bytes");
    now[received_records] = number(*parsed, "rxmsgs");
    if (const JsonValue* brokers = parsed->find("brokers")) add_brokers(*brokers, client, now);
    if (const JsonValue* topics = parsed->find("topics")) add_topics(*topics, client);
    if (const JsonValue* group = parsed->find("cgrp"))
      now[rebalances] = number(*group, "rebalance_cnt");
    Total& total = totals_[told.client];
    total.produces = client.produces;
    count(total, told.instance, now);
    speak.insert(told.instance);
  }
  if (counted_.size() > instances_max)
    std::erase_if(counted_, [&](const auto& one) { return !speak.contains(one.first); });
  for (const auto& [name, client] : clients) add_client(name, client, out);
  for (const auto& [name, total] : totals_) {
    for (const auto& [metric, counter] : counters)
      out.push_back({metric, {name}, total.counted[counter]});
    if (!total.produces)
      out.push_back({Metric::kafka_received_records, {name}, total.counted[received_records]});
    if (name == "group") out.push_back({Metric::kafka_rebalances, {}, total.counted[rebalances]});
  }
}

void feed_metrics(const OutcomeFeeds& feeds, KafkaLog& log, std::vector<Sample>& out) {
  std::map<std::string, double> records;
  for (const auto& partition : feeds.partitions()) {
    const std::string& domain = partition->domain().name;
    records[domain] += static_cast<double>(partition->records.get());
    if (!log.owns(partition->id())) continue;
    const double durable = static_cast<double>(log.poll(partition->id()).sequence.value);
    const double fed = static_cast<double>(partition->fed.get());
    out.push_back({Metric::feed_lag_records, {domain, std::to_string(partition->id().index)},
                   std::max(0.0, durable - fed)});
  }
  for (const auto& [domain, count] : records)
    out.push_back({Metric::feed_records, {domain}, count});
}

}  // namespace spate
