// What the programs of bench/kafka share: producing commands, reading topics to their end.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bench/kafka/workload.hpp"
#include "engine/log/kafka_rd_handles.hpp"

namespace spate::bench {

using Settings = std::vector<std::pair<std::string, std::string>>;

[[noreturn]] void fail(const std::string& what);
int64_t now_ns();
/// User and system time of this process so far.
double cpu_seconds();

/// `opaque`: who hears of deliveries, see CommandSender; null: nobody.
RdClient client(rd_kafka_type_t type, const std::string& brokers, const Settings& settings,
                void* opaque = nullptr);
int32_t partitions_of(rd_kafka_t* client, const std::string& topic);

/// Sends commands of a workload as CloudEvents in binary mode.
class CommandSender {
 public:
  CommandSender(const std::string& brokers, const Workload& workload, const Settings& settings);
  /// Copies it into the queue, waits while that is full.
  void send(uint64_t n);
  /// Waits until all are in the log; ends the program when one is not.
  void flush();
  /// Hears of what was acknowledged; waits for that, at most so long.
  void poll(int ms_max = 0) { rd_kafka_poll(producer_.get(), ms_max); }
  /// Called by `poll` and `flush` with the number of a command that the broker has.
  void on_delivery(std::function<void(uint64_t)> tell) { tell_ = std::move(tell); }
  void delivered(const rd_kafka_message_t& message) {
    if (tell_) tell_(reinterpret_cast<uint64_t>(message._private));
  }
  CommandSender(const CommandSender&) = delete;

 private:
  const Workload& workload_;
  std::function<void(uint64_t)> tell_;
  RdClient producer_;
  RdTopic topic_;
  std::vector<int32_t> home_;  // partitions by campaign
};

/// Every record of a topic from its begin to its end as of the question, partition by partition.
void read_topic(const std::string& brokers, const std::string& topic, bool committed,
                const std::function<void(const rd_kafka_message_t&)>& take);

// The verbs; each prints one line of JSON.
using Arguments = std::map<std::string, std::string>;
int fill(const Arguments& arguments);
int raw_loop(const Arguments& arguments);
int pace(const Arguments& arguments);
int judge(const Arguments& arguments);

Workload workload_of(const Arguments& arguments);
std::string text_of(const Arguments& arguments, const std::string& name);
uint64_t number_of(const Arguments& arguments, const std::string& name, uint64_t otherwise);

}  // namespace spate::bench
