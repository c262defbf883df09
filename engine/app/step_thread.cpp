// One place for what is to be done, one for what came of it.
#include "engine/app/step_thread.hpp"

#include <pthread.h>

#include <utility>

#include "engine/base/behind.hpp"
#include "engine/base/ensure.hpp"

namespace spate {

void StepThread::begin(Work work) {
  {
    const std::lock_guard lock(mutex_);
    ENSURE(!work_ && !ended_);
    work_ = std::move(work);
  }
  changed_.notify_all();
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

std::optional<Result<Step>> StepThread::ended() {
  const std::lock_guard lock(mutex_);
  return std::exchange(ended_, std::nullopt);
}

void StepThread::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !work_; });
}

void StepThread::rest() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    resting_ = true;
  }
  changed_.notify_all();
  thread_.join();
  thread_ = {};
  resting_ = false;
}

void StepThread::run() {
  pthread_setname_np(pthread_self(), "step-behind");
  go_behind();
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return resting_ || work_; });
    if (!work_) return;
    lock.unlock();
    Result<Step> ended = work_();
    lock.lock();
    work_ = nullptr;
    ended_ = std::move(ended);
    lock.unlock();
    changed_.notify_all();
    if (bell_ != nullptr) bell_->ring();
    lock.lock();
  }
}

}  // namespace spate
