// KafkaRdAsker: the questions to brokers that only a blocking call can ask, on a thread of its own.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "engine/log/kafka_rd_topic_handles.hpp"

namespace spate {

/// Where a place begins or ends. A question is asked again until it is answered: after a change of
/// leaders brokers refuse for seconds, whatever the time-out.
class KafkaRdAsker {
 public:
  enum class About : uint8_t { begin, end };
  struct Answer {
    KafkaPlace place;
    About about = About::end;
    int64_t offset = 0;
  };

  KafkaRdAsker(const std::vector<KafkaDomainTopics>& topics, RdCallbacks& callbacks);
  /// Returns within a second. The instances asked through must still be there.
  ~KafkaRdAsker();

  /// Through which instance to ask about places of a side; before the first question. One that has
  /// no fetch under way: a broker answers a connection's requests one after another. Its isolation
  /// level decides what an end is.
  void ask_through(LogSide side, rd_kafka_t* instance) {
    instances_[static_cast<std::size_t>(side)] = instance;
  }
  void ask(KafkaPlace place, About about);
  /// Fetches metadata for a new instance, so that its first record does not wait a second for it.
  void warm(std::shared_ptr<void> keeps, rd_kafka_t* instance);
  /// What was answered since.
  std::vector<Answer> answers();

 private:
  struct Question {
    rd_kafka_t* instance = nullptr;
    KafkaPlace place;
    About about = About::end;
    bool warms = false;
    std::shared_ptr<void> keeps;  ///< holds the instance while it is asked
  };
  void run();
  bool answer(const Question& question);

  rd_kafka_t* instances_[2] = {};  // by side
  const std::vector<KafkaDomainTopics> topics_;
  RdCallbacks& callbacks_;
  std::mutex mutex_;  // never held across a question
  std::condition_variable changed_;
  std::deque<Question> questions_;
  std::vector<Answer> answers_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace spate
