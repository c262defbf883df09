// StoppedScan: a scan of the stores of a directory that no server runs on.
#pragma once
#include "engine/app/store_scan.hpp"

namespace spate {

/// As fast as it goes. Nothing is changed, and no mark is left. Faults: those of opening the log
/// and of reading.
Result<ScanReport> scan_stopped(const std::string& data);

}  // namespace spate
