// What a start tells of the directory it found.
#include "engine/app/log_home.hpp"

namespace spate {

std::string SegmentHome::found() const {
  const RecoveryReport& report = log_->recovery();
  if (report.was_clean) return "opened: nothing to recover";
  return "recovered after an unclean stop: " + std::to_string(report.records_rescued) +
         " records rescued, " + std::to_string(report.bytes_cut) + " bytes cut";
}

}  // namespace spate
