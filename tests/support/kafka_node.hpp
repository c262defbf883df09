// A node and its cluster for tests that want one thing to happen: nothing fails by itself.
#pragma once
#include <map>

#include "engine/log/kafka_log.hpp"
#include "tests/support/log_records.hpp"
#include "tests/support/simulated_kafka.hpp"
#include "tests/support/virtual_clock.hpp"

namespace spate {

/// A cluster of one domain with so many partitions, and its clock.
struct QuietCluster {
  explicit QuietCluster(uint16_t partitions = 1)
      : kafka(Topology({{"redemptions", 1, partitions}}), 7, clock) {}
  VirtualClock clock;
  SimulatedKafka kafka;
  std::size_t nodes = 0;
};

/// One node: a log, and an owner that writes outcomes without having read the commands.
class TestNode {
 public:
  /// `through`: puts a client of the test's own before the cluster's.
  using Through = std::function<std::unique_ptr<KafkaClient>(std::unique_ptr<KafkaClient>)>;
  explicit TestNode(QuietCluster& cluster, KafkaLogLimits limits = {}, Storage* storage = nullptr,
                    const Through& through = {})
      : cluster_(cluster),
        number_(cluster.nodes++),
        client_(through ? through(cluster.kafka.connect()) : cluster.kafka.connect()),
        log_({cluster.kafka.topology(),
              {{1, 1}, 1},
              client_.get(),
              &cluster.clock,
              &door_,
              storage,
              {100 + number_, "node:" + std::to_string(number_), [this] { return ++random_; },
               [this](const std::string& what) { told_ += what + "\n"; },
               [this](PartitionId id, const KafkaOwner& owner) { owners_[id] = owner; }},
              limits}) {}

  KafkaLog& log() { return log_; }
  std::size_t number() const { return number_; }
  const std::string& told() const { return told_; }
  uint64_t nonce() const { return 100 + number_; }
  /// "here", "nobody" or an address, as the log has told.
  std::string owner(PartitionId id) const {
    const auto told = owners_.find(id);
    if (told == owners_.end() || told->second.where == KafkaOwner::Where::nobody) return "nobody";
    return told->second.where == KafkaOwner::Where::here ? "here" : told->second.address;
  }
  bool is_left_to_others(PartitionId id) const {
    return owners_.contains(id) && owners_.at(id).is_left_to_others;
  }

  void elect() { cluster_.kafka.elect(number_, cluster_.kafka.topology().partitions()); }
  /// Until nothing moves, neither here nor in the network.
  void settle() {
    do {
      while (cluster_.kafka.step()) continue;
      while (*log_.step() == Step::worked) continue;
    } while (cluster_.kafka.step());
  }
  /// Steps the log alone: what the network holds stays there.
  void step() {
    while (*log_.step() == Step::worked) continue;
  }
  /// Elected, and the owner. Requires: no rival.
  void own(PartitionId id) {
    elect();
    auto owned = log_.acquire(id);
    for (int tries = 0; !owned && tries < 100; ++tries) {
      cluster_.clock.advance_ns(1'000'000'000);
      settle();
      owned = log_.acquire(id);
    }
    ENSURE(owned.has_value());
    ownership = *owned;
  }
  Taken append(PartitionId id, std::size_t count, std::string_view text = "reason") {
    Tail tail = ownership.tail;
    const BatchPtr batch =
        outcome_batch(id, tail, ownership.epoch, tail.cause.next(), count, text);
    const Taken taken =
        log_.append_outcomes(id, ownership.epoch, ownership.tail.sequence.next(), batch);
    if (taken == Taken::yes) ownership.tail = tail;
    const KafkaPlace commands{id, LogSide::commands};
    while (cluster_.kafka.topic(commands).size() < tail.cause.value)
      cluster_.kafka.produce(commands, {.key = "stream", .value = "decided unseen"});
    return taken;
  }
  /// "durable 3": how far the log says it came.
  std::string progress(PartitionId id) {
    const Progress p = log_.poll(id);
    const char* fate = p.fate == Progress::Fate::durable    ? "durable "
                       : p.fate == Progress::Fate::conflict ? "conflict "
                                                            : "unknown ";
    return fate + std::to_string(p.sequence.value);
  }
  /// "not_owned", or another code with which acquiring fails; "" when it does not.
  std::string acquire(PartitionId id) {
    const auto owned = log_.acquire(id);
    if (owned) ownership = *owned;
    return owned ? "" : owned.error().code;
  }

  Ownership ownership;

 private:
  QuietCluster& cluster_;
  const std::size_t number_;
  uint64_t random_ = 0;
  std::string told_;
  std::map<PartitionId, KafkaOwner> owners_;
  std::unique_ptr<KafkaClient> client_;
  RawCommandDoor door_;
  KafkaLog log_;
};

}  // namespace spate
