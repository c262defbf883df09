// usable_cores: how many cores this process may run on.
#pragma once
#include <sched.h>

namespace spate {

/// Those it is pinned to, if it is; as many as can be counted when the system does not say.
inline int usable_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  return ::sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : CPU_SETSIZE;
}

}  // namespace spate
