// Niceness and the class of the disk's queue are of a thread on Linux.
#include "engine/base/behind.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace spate {

void go_behind() {
  constexpr int niceness = 10;
  const sched_param none{};
  ::pthread_setschedparam(::pthread_self(), SCHED_BATCH, &none);
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness);
  constexpr int this_thread = 1, idle_class = 3 << 13;  // as linux/ioprio.h has them
  ::syscall(SYS_ioprio_set, this_thread, 0, idle_class);
}

}  // namespace spate
