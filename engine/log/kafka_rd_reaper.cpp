// One thread, one queue; the destructor's patience is the watchdog.
#include "engine/log/kafka_rd_reaper.hpp"

#include <pthread.h>

namespace spate {

KafkaRdReaper::KafkaRdReaper(int64_t close_ms_max)
    : close_ms_max_(close_ms_max), shared_(std::make_shared<Shared>()) {
  thread_ = std::thread([shared = shared_] { run(shared); });
}

KafkaRdReaper::~KafkaRdReaper() {
  std::unique_lock lock(shared_->mutex);
  shared_->ending = true;
  shared_->changed.notify_all();
  const bool ended =
      shared_->changed.wait_for(lock, std::chrono::milliseconds(close_ms_max_),
                                [&] { return shared_->given.empty() && shared_->idle; });
  lock.unlock();
  if (ended) thread_.join();
  else thread_.detach();
}

void KafkaRdReaper::take(std::function<void()> end) {
  const std::lock_guard lock(shared_->mutex);
  shared_->given.push_back(std::move(end));
  shared_->changed.notify_all();
}

std::size_t KafkaRdReaper::waiting() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->given.size() + (shared_->idle ? 0 : 1);
}

void KafkaRdReaper::run(const std::shared_ptr<Shared>& shared) {
  pthread_setname_np(pthread_self(), "kafka-reaper");
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->changed.wait(lock, [&] { return shared->ending || !shared->given.empty(); });
    if (shared->given.empty()) return;
    std::function<void()> end = std::move(shared->given.front());
    shared->given.pop_front();
    shared->idle = false;
    lock.unlock();
    end();
    end = nullptr;  // what it holds ends here as well
    lock.lock();
    shared->idle = true;
    shared->changed.notify_all();
  }
}

}  // namespace spate
