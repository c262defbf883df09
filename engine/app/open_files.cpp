// The limit is of the process, so it is raised once, before anything is opened.
#include "engine/app/open_files.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace spate {
namespace {

constexpr std::size_t files_kept = 512;

}  // namespace

std::size_t raise_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
}

std::size_t connections_within(std::size_t files, std::size_t wanted) {
  return std::min(wanted, files > 2 * files_kept ? files - files_kept : files / 2);
}

}  // namespace spate
