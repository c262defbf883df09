// ClusterPatience: how long whoever reads or moves a Kafka cluster's log waits for its brokers.
#pragma once
#include <string>

#include "engine/base/bell.hpp"
#include "engine/base/clock.hpp"
#include "engine/base/result.hpp"

namespace spate {

/// Waits while there is nothing to do. One thread.
class ClusterPatience {
 public:
  static constexpr int ask_ms_max = 15'000, fetch_ms_max = 15'000;  // of one question, one read

  /// `bell` is rung when there is something to do. `advice`: what to do when nothing comes.
  ClusterPatience(const Clock& clock, ThreadBell& bell, std::string advice)
      : clock_(clock), bell_(bell), advice_(std::move(advice)), heard_ns_(clock.monotonic_ns()) {}

  /// Fault `kafka_unreachable`, after a minute of idle turns alone.
  Result<void> wait(bool idle) {
    const int64_t now = clock_.monotonic_ns();
    if (!idle) heard_ns_ = now;
    else bell_.wait(look_ns);
    if (now - heard_ns_ <= silence_ns_max) return {};
    return retry("kafka_unreachable", "the brokers have not answered for a minute; " + advice_);
  }

 private:
  static constexpr int64_t look_ns = 20'000'000;
  static constexpr int64_t silence_ns_max = int64_t{60'000} * 1'000'000;

  const Clock& clock_;
  ThreadBell& bell_;
  const std::string advice_;
  int64_t heard_ns_;
};

}  // namespace spate
