// process_*: what every Prometheus client tells of its process, read from /proc/self.
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/telemetry/metrics.hpp"

namespace spate {
namespace {

/// Fields of /proc/self/stat behind the command's name, which may hold spaces; the first is
/// field 3.
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  std::vector<double> fields;
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(line.substr(name_end + 4));  // "R " follows: field 3 is no number
  for (double value; rest >> value;) fields.push_back(value);
  return fields;
}

double boot_time_s() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  return 0;
}

}  // namespace

void process_metrics(std::vector<Sample>& out) {
  const std::vector<double> fields = stat_fields();  // [0] is field 4 of proc(5)
  const auto field = [&](std::size_t number) {
    return number - 4 < fields.size() ? fields[number - 4] : 0;
  };
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  out.push_back({Metric::process_cpu, {}, (field(14) + field(15)) / ticks});
  out.push_back({Metric::process_virtual_memory, {}, field(23)});
  out.push_back({Metric::process_resident_memory, {},
                 field(24) * static_cast<double>(sysconf(_SC_PAGESIZE))});
  out.push_back({Metric::process_start_time, {}, boot_time_s() + field(22) / ticks});

  std::error_code failed;
  double open = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", failed), end; !failed && at != end;
       at.increment(failed))
    ++open;
  out.push_back({Metric::process_open_fds, {}, open});
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    out.push_back({Metric::process_max_fds, {}, static_cast<double>(limit.rlim_cur)});
}

}  // namespace spate
