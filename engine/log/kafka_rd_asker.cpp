// Questions in a ring: what was not answered goes to the back and is asked again.
#include "engine/log/kafka_rd_asker.hpp"

#include <pthread.h>

namespace spate {
namespace {

constexpr int ask_ms_max = 800;
constexpr std::chrono::milliseconds again_after(30);

}  // namespace

KafkaRdAsker::KafkaRdAsker(const std::vector<KafkaDomainTopics>& topics, RdCallbacks& callbacks)
    : topics_(topics), callbacks_(callbacks), thread_([this] { run(); }) {}

KafkaRdAsker::~KafkaRdAsker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void KafkaRdAsker::ask(KafkaPlace place, About about) {
  rd_kafka_t* instance = instances_[static_cast<std::size_t>(place.side)];
  ENSURE(instance != nullptr);
  const std::lock_guard lock(mutex_);
  questions_.push_back({instance, place, about, false, nullptr});
  changed_.notify_all();
}

void KafkaRdAsker::warm(std::shared_ptr<void> keeps, rd_kafka_t* instance) {
  const std::lock_guard lock(mutex_);
  questions_.push_front({instance, {}, About::end, true, std::move(keeps)});
  changed_.notify_all();
}

std::vector<KafkaRdAsker::Answer> KafkaRdAsker::answers() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answers_, {});
}

void KafkaRdAsker::run() {
  pthread_setname_np(pthread_self(), "kafka-asker");
  std::unique_lock lock(mutex_);
  std::size_t failed = 0;  // in a row
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || !questions_.empty(); });
    if (ending_) return;
    Question question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    const bool answered = answer(question);
    if (answered) question.keeps = nullptr;
    lock.lock();
    failed = answered ? 0 : failed + 1;
    if (!answered && !question.warms) questions_.push_back(std::move(question));
    // A pause once a round, not once a question: one partition without a leader delays no other.
    if (failed > 0 && failed >= questions_.size()) {
      failed = 0;
      changed_.wait_for(lock, again_after, [&] { return ending_; });
    }
  }
}

bool KafkaRdAsker::answer(const Question& question) {
  if (question.warms) {
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto error = rd_kafka_metadata(question.instance, 0, nullptr, &metadata, ask_ms_max);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(metadata);
    return true;  // a help, not a condition
  }
  const KafkaDomainTopics* topics = nullptr;
  for (const KafkaDomainTopics& t : topics_)
    if (t.domain == question.place.partition.domain) topics = &t;
  ENSURE(topics != nullptr);
  int64_t low = -1, high = -1;
  const auto error = rd_kafka_query_watermark_offsets(
      question.instance, topics->of(question.place.side).c_str(), question.place.partition.index,
      &low, &high, ask_ms_max);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  {
    const std::lock_guard lock(mutex_);
    answers_.push_back(
        {question.place, question.about, question.about == About::end ? high : low});
  }
  callbacks_.ring();
  return true;
}

}  // namespace spate
