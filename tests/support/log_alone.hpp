// LogAlone: a log as the home of an engine that has nothing else of it: no directory, no threads.
#pragma once
#include "engine/app/log_home.hpp"

namespace spate {

class LogAlone : public LogHome {
 public:
  explicit LogAlone(Log& log) : log_(log) {}
  Log& log() override { return log_; }
  std::vector<Worker> workers() override { return {}; }
  void on_work(const std::vector<Bell*>&) override {}
  void on_sync(SegmentWriter::SyncObserver) override {}
  uint64_t stored_bytes() const override { return 0; }
  std::string found() const override { return {}; }
  Result<void> close() override { return {}; }

 private:
  Log& log_;
};

}  // namespace spate
