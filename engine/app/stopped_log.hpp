// StoppedLog: the log of a directory that no server runs on, opened to be read.
#pragma once
#include <memory>
#include <string>

#include "engine/base/clock.hpp"
#include "engine/log/posix_storage.hpp"
#include "engine/log/segment_log.hpp"

namespace spate {

class StoppedLog {
 public:
  /// Recovers as a start would. Faults: `no_log`, `log_in_use` (names the process), and those of
  /// recovery, such as `log_rot`.
  static Result<std::unique_ptr<StoppedLog>> open(const std::string& data);

  SegmentLog& log() { return *log_; }
  /// Of the log, for marks beside it.
  Storage& storage() { return *storage_; }

 private:
  StoppedLog() = default;
  SystemClock clock_;
  std::unique_ptr<PosixStorage> storage_;
  std::unique_ptr<SegmentLog> log_;
};

}  // namespace spate
