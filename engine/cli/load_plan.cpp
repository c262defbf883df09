// splitmix64 gives the choices; due times follow from the rate alone, never from answers.
#include "engine/cli/load_plan.hpp"

#include <algorithm>

#include "engine/base/ensure.hpp"

namespace spate::cli {
namespace {

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.
class SplitMix {
 public:
  explicit SplitMix(uint64_t seed) : state_(seed) {}
  uint64_t below(uint64_t bound) {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % bound;
  }

 private:
  uint64_t state_;
};

constexpr uint64_t repeat_window = 5'000;  // clients retry what they sent lately

}  // namespace

LoadPlan::LoadPlan(const LoadOptions& o)
    : rate_(static_cast<double>(o.rate)), spike_(static_cast<double>(o.spike)) {
  ENSURE(o.claimants >= 1 && o.spike >= 1 && o.duplicates_percent <= 90);
  ENSURE(o.count > 0 || (o.rate > 0 && o.duration_s > 0));
  const double per_third = (2 + spike_) / 3;  // mean rate, in units of the rate
  uint64_t count = o.count;
  if (count == 0)
    count = static_cast<uint64_t>(rate_ * per_third * static_cast<double>(o.duration_s));
  if (rate_ > 0) third_ns_ = static_cast<double>(count) / (rate_ * (2 + spike_)) * 1e9;
  SplitMix random(o.seed);
  commands_.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    if (keys_ > 0 && random.below(100) < o.duplicates_percent) {
      const uint64_t back = 1 + random.below(std::min(i, repeat_window));
      Planned again = commands_[i - back];
      again.repetition = true;
      commands_.push_back(again);
    } else {
      commands_.push_back({keys_++, random.below(o.claimants), false});
    }
  }
}

int64_t LoadPlan::due_ns(uint64_t index) const {
  if (rate_ <= 0) return 0;
  const double before = rate_ * third_ns_ / 1e9;  // commands due in the first third
  const auto i = static_cast<double>(index);
  if (i < before) return static_cast<int64_t>(i / rate_ * 1e9);
  if (i < before * (1 + spike_))
    return static_cast<int64_t>(third_ns_ + (i - before) / (rate_ * spike_) * 1e9);
  return static_cast<int64_t>(2 * third_ns_ + (i - before * (1 + spike_)) / rate_ * 1e9);
}

}  // namespace spate::cli
