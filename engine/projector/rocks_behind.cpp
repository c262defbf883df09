// Flushes first: a writer may be waiting for one.
#include "engine/projector/rocks_behind.hpp"

#include <pthread.h>

#include <algorithm>

#include "engine/base/behind.hpp"

namespace spate {
namespace {

constexpr int64_t unlimited_bytes_per_s = int64_t{1} << 40;
// Of what a core could write little: each sync of a command waits behind what is being written.
constexpr int64_t bytes_per_s_and_percent = 256 << 10;

}  // namespace

RocksBehind::RocksBehind(rocksdb::Env* target)
    : EnvWrapper(target), limiter_(rocksdb::NewGenericRateLimiter(unlimited_bytes_per_s)) {}

RocksBehind::~RocksBehind() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (worker_.joinable()) worker_.join();
}

void RocksBehind::apply_to(rocksdb::Options& options) {
  options.env = this;
  options.rate_limiter = limiter_;
}

void RocksBehind::run_behind(uint64_t percent) {
  const bool is_limited = percent > 0 && percent < 100;
  limiter_->SetBytesPerSecond(is_limited ? static_cast<int64_t>(percent) * bytes_per_s_and_percent
                                         : unlimited_bytes_per_s);
  const std::lock_guard lock(mutex_);
  is_behind_ = percent > 0;
  if (is_behind_ && !worker_.joinable()) worker_ = std::thread([this] { work(); });
}

void RocksBehind::Schedule(void (*function)(void*), void* argument, Priority priority, void* tag,
                           void (*unscheduled)(void*)) {
  {
    const std::lock_guard lock(mutex_);
    if (is_behind_) {
      const Job job{function, argument, tag, priority, unscheduled};
      if (priority == HIGH) jobs_.push_front(job);
      else jobs_.push_back(job);
      wake_.notify_one();
      return;
    }
  }
  target()->Schedule(function, argument, priority, tag, unscheduled);
}

int RocksBehind::UnSchedule(void* tag, Priority priority) {
  std::deque<Job> removed;
  {
    const std::lock_guard lock(mutex_);
    for (const Job& job : jobs_)
      if (job.tag == tag && job.priority == priority) removed.push_back(job);
    std::erase_if(jobs_,
                  [&](const Job& job) { return job.tag == tag && job.priority == priority; });
  }
  for (const Job& job : removed)
    if (job.unscheduled != nullptr) job.unscheduled(job.argument);
  return static_cast<int>(removed.size()) + target()->UnSchedule(tag, priority);
}

void RocksBehind::work() {
  pthread_setname_np(pthread_self(), "views-behind");
  go_behind();
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = jobs_.front();
    jobs_.pop_front();
    lock.unlock();
    job.function(job.argument);
    lock.lock();
  }
}

}  // namespace spate
