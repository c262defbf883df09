// LogFreshness: asks the cluster now and then where the outcome topics end, and notes when they
// were read that far.
#pragma once
#include "engine/cluster/freshness.hpp"
#include "engine/log/kafka_log.hpp"
#include "engine/log/kafka_rd_client.hpp"

namespace spate {

/// For owned partitions, too: who was fenced while it slept learns of it later than its readers
/// want to know. One thread steps it; it blocks for as long as a broker takes to answer, a second
/// at the longest.
class LogFreshness {
 public:
  LogFreshness(const KafkaLog& log, const KafkaRdClient& client, const Clock& clock);

  Step step();
  const Freshness& known() const { return known_; }

 private:
  struct Question {
    int64_t end = -1;  ///< where the topic ended when it was asked; < 0: nothing is waited for
    int64_t asked_ns = 0;
  };
  void ask(int64_t now_ns);
  bool look();

  const KafkaLog& log_;
  const KafkaRdClient& client_;
  const Clock& clock_;
  Freshness known_;
  std::vector<Question> questions_;  // by dense index
  int64_t ask_at_ns_ = 0;
};

}  // namespace spate
