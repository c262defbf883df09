// StartWait: a start that waits for Kafka: alive, not ready and why, at the door and in the log,
// until it is told to end.
#pragma once
#include <functional>

#include "engine/app/waiting_room.hpp"
#include "engine/base/clock.hpp"
#include "engine/telemetry/json_log.hpp"

namespace spate {

/// Of the thread that starts the server; from the first question to Kafka until the real door is
/// opened.
class StartWait {
 public:
  /// Waits so long at most; true: the process was told to end.
  using ToldToEnd = std::function<bool(int64_t timeout_ns)>;
  StartWait(const HostPort& address, const Clock& clock, JsonLog& log, ToldToEnd told_to_end);

  /// From now on /readyz says so.
  void show(const std::string& what) { room_.say(what); }
  /// Shows it, and writes it to the log when it is new, or was last written ten seconds ago.
  void tell(const std::string& what);
  /// Waits so long, or not at all. False, from then on: told to end.
  bool goes_on(int64_t wait_ns = 0);
  /// What is tried again, once it has been told why: false when it is not to be.
  bool tries_again(const std::string& why);
  bool told_to_end() const { return ends_; }

 private:
  const Clock& clock_;
  JsonLog& log_;
  const ToldToEnd told_to_end_;
  WaitingRoom room_;
  std::string told_;
  int64_t told_at_ns_ = 0;
  bool ends_ = false;
};

}  // namespace spate
