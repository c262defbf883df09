// A reason that stays the same is written now and then only: a start may wait for hours.
#include "engine/app/start_wait.hpp"

namespace spate {
namespace {

constexpr int64_t again_ns = 500'000'000;  // Kafka is asked
constexpr int64_t tell_ns = 10'000'000'000;

}  // namespace

StartWait::StartWait(const HostPort& address, const Clock& clock, JsonLog& log,
                     ToldToEnd told_to_end)
    : clock_(clock), log_(log), told_to_end_(std::move(told_to_end)), room_(address) {}

void StartWait::tell(const std::string& what) {
  show(what);
  const int64_t now = clock_.monotonic_ns();
  if (what == told_ && now - told_at_ns_ < tell_ns) return;
  log_.write(LogLevel::warn, "kafka", told_ = what);
  log_.step();
  told_at_ns_ = now;
}

bool StartWait::goes_on(int64_t wait_ns) {
  ends_ = ends_ || told_to_end_(wait_ns);
  return !ends_;
}

bool StartWait::tries_again(const std::string& why) {
  tell("waiting for Kafka: " + why);
  return goes_on(again_ns);
}

}  // namespace spate
