// Last in the queue for the processor and the disk, and even then no more than its share.
#include "engine/app/rebuild_thread.hpp"

#include <pthread.h>
#include <time.h>

#include <algorithm>

#include "engine/base/behind.hpp"

namespace spate {
namespace {

constexpr int64_t idle_ns = 50'000'000, blocked_ns = 200'000;
constexpr int64_t rest_ns_min = 500'000, rest_ns_max = 200'000'000;

int64_t processor_time_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

void RebuildThread::start() {
  thread_ = std::thread([this] { run(); });
}

void RebuildThread::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  bell_.ring();
  thread_.join();
}

void RebuildThread::run() {
  pthread_setname_np(pthread_self(), "rebuild");
  while (!is_stopping()) {
    if (rebuild_.is_behind()) {
      std::thread([this] { run_behind(); }).join();
      continue;
    }
    const Step step = rebuild_.step();
    if (step != Step::worked) bell_.wait(step == Step::blocked ? blocked_ns : idle_ns);
  }
}

void RebuildThread::run_behind() {
  pthread_setname_np(pthread_self(), "rebuild-behind");
  go_behind();
  int64_t rest_ns = 0;
  while (!is_stopping() && rebuild_.is_behind()) step_behind(rest_ns);
  writes_.rest();
}

/// Rests as much longer than it worked as its share is smaller than the whole.
void RebuildThread::step_behind(int64_t& rest_ns) {
  const int64_t began = processor_time_ns();
  const Step step = rebuild_.step();
  const auto percent = std::clamp<int64_t>(static_cast<int64_t>(rebuild_.budget_percent()), 1, 100);
  rest_ns += (processor_time_ns() - began) * (100 - percent) / percent;
  if (step != Step::worked) {
    bell_.wait(step == Step::blocked ? blocked_ns : idle_ns);
    rest_ns = 0;
  } else if (rest_ns > rest_ns_min) {
    bell_.wait(std::min(rest_ns, rest_ns_max));
    rest_ns = 0;
  }
}

}  // namespace spate
