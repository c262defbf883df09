// The loop of every thread but the edge's.
#include "engine/app/runner.hpp"

#include <pthread.h>
#include <sched.h>

#include "engine/base/cores.hpp"

namespace spate {
namespace {

void push_nobody_aside_on_one_core() {
  if (usable_cores() != 1) return;
  const sched_param none{};
  ::pthread_setschedparam(::pthread_self(), SCHED_BATCH, &none);  // refused: smaller groups
}

}  // namespace

Runner::Runner(std::string name, int64_t idle_ns_max, StepFunction step,
               std::function<void(const std::string&, const Fault&)> on_fault)
    : name_(std::move(name)),
      idle_ns_max_(idle_ns_max),
      blocked_ns_max_(idle_ns_max),
      step_(std::move(step)),
      on_fault_(std::move(on_fault)) {}

Runner::~Runner() { stop(); }

void Runner::start() {
  thread_ = std::thread([this] { run(); });
}

void Runner::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  bell_.ring();
  thread_.join();
}

void Runner::run() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  if (in_turn_) push_nobody_aside_on_one_core();
  while (!stopping_.load(std::memory_order_relaxed)) {
    const Result<Step> step = step_();
    if (!step) return on_fault_(name_, step.error());
    if (*step != Step::worked)
      bell_.wait(*step == Step::blocked ? blocked_ns_max_ : idle_ns_max_);
  }
}

}  // namespace spate
