// The log says which partitions there are, the plan which generations.
#include "engine/app/stopped_scan.hpp"

#include <filesystem>

#include "engine/app/rocks_generations.hpp"
#include "engine/app/stopped_log.hpp"
#include "engine/replay/generation_plan.hpp"

namespace spate {

Result<ScanReport> scan_stopped(const std::string& data) {
  TRY(const auto opened, StoppedLog::open(data));
  StoreScan scan(opened->log().topology(), {});
  std::error_code ignored;
  if (std::filesystem::exists(data + "/rows/CURRENT", ignored)) TRY(scan.rows(data + "/rows"));
  RocksGenerations home(data + "/views", {}, 0, 0);
  TRY(const std::string text, home.plan());
  GenerationPlan plan;
  if (!text.empty()) {
    TRY(plan, GenerationPlan::parse(text));
  }
  for (const uint32_t number : plan.generations())
    if (std::filesystem::exists(home.path_of(number) + "/CURRENT", ignored))
      TRY(scan.views(number, home.path_of(number)));
  return scan.report();
}

}  // namespace spate
