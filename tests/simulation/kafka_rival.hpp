// KafkaRival: a second node of the simulated cluster, with processors of its own and no clients.
#pragma once
#include "engine/log/kafka_log.hpp"
#include "engine/processor/processor_group.hpp"
#include "engine/state/memory_state.hpp"
#include "tests/support/simulated_kafka.hpp"

namespace spate {

/// A node's log and what it needs.
class KafkaMember {
 public:
  KafkaMember(SimulatedKafka& kafka, const Clock& clock, SeededRandom& random, Storage* storage);
  KafkaLog& log() { return *log_; }

 private:
  std::unique_ptr<KafkaClient> client_;
  RawCommandDoor door_;
  std::unique_ptr<KafkaLog> log_;
};

class KafkaRival {
 public:
  KafkaRival(SimulatedKafka& kafka, const Clock& clock, SeededRandom& random);
  /// One turn of its log and perhaps of its processors. False: the process has ended.
  bool step();

 private:
  /// It starts with nothing and folds the topic.
  struct State {
    MemoryState store;
    RowTable rows{store, {}};
    IdTable ids{"", {}};
  };
  SeededRandom& random_;
  KafkaMember member_;
  Mailbox mailbox_{1 << 12, 1 << 12};
  Suspects suspects_;
  std::deque<State> states_;
  ProcessorGroup group_;
};

}  // namespace spate
