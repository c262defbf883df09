// Niceness, slice and the class of the disk's queue are of a thread on Linux.
#include "engine/base/behind.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace spate {
namespace {

constexpr int niceness = 10;

/// struct sched_attr of linux/sched/types.h in its first version: glibc has it from 2.41 on.
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes), policy = SCHED_BATCH;
  uint64_t flags = 0;
  int32_t nice = niceness;
  uint32_t priority = 0;
  uint64_t runtime_ns = 0, deadline_ns = 0, period_ns = 0;
};
static_assert(sizeof(SchedulingAttributes) == 48);

/// From Linux 6.12 on a thread that asks for a long slice gives way at once to one that wakes and
/// asked for none: else it would go on for the slice of that one, about 3 ms. Before: no effect.
void ask_for_a_long_slice() {
  const SchedulingAttributes longest{.runtime_ns = 100'000'000};
  ::syscall(SYS_sched_setattr, 0, &longest, 0);
}

void be_scheduled(int policy) {
  const sched_param none{};
  ::pthread_setschedparam(::pthread_self(), policy, &none);
}

}  // namespace

StartsQuietThreads::StartsQuietThreads() : policy_before_(::sched_getscheduler(0)) {
  be_scheduled(SCHED_BATCH);  // what it starts inherits that
}

StartsQuietThreads::~StartsQuietThreads() {
  if (policy_before_ == SCHED_OTHER) be_scheduled(SCHED_OTHER);
}

void go_behind() {
  be_scheduled(SCHED_BATCH);
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);
  ask_for_a_long_slice();
  constexpr int this_thread = 1, idle_class = 3 << 13;  // as linux/ioprio.h has them
  ::syscall(SYS_ioprio_set, this_thread, 0, idle_class);
}

}  // namespace spate
