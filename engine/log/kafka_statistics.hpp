// KafkaStatistics: what the Kafka client library last told of each of its instances.
#pragma once
#include <string>
#include <vector>

namespace spate {

/// https://github.com/confluentinc/librdkafka/blob/v2.0.2/STATISTICS.md
struct KafkaStatistics {
  std::string client;    ///< what the instance is for: `outcomes`, `commands`, `feeds`, …
  std::string instance;  ///< librdkafka's own name of it
  std::string json;
};

}  // namespace spate
