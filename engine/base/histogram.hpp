// Histogram: counts of values in log-linear buckets (after HdrHistogram); any value, error < 0.8 %.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "engine/base/ensure.hpp"

namespace spate {

/// Up to 255 every value has its own bucket; above, each power of two is cut into 128 equal ones.
/// One thread; `merge` joins those of many.
class Histogram {
 public:
  /// Negative values count as 0.
  void record(int64_t value, uint64_t times = 1) {
    const uint64_t v = value < 0 ? 0 : static_cast<uint64_t>(value);
    const std::size_t at = bucket_of(v);
    if (at >= counts_.size()) counts_.resize(at + 1);
    counts_[at] += times;
    count_ += times;
    sum_ += static_cast<double>(v) * static_cast<double>(times);
    max_ = std::max(max_, v);
    min_ = std::min(min_, v);
  }

  void merge(const Histogram& other) {
    if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
    for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    max_ = std::max(max_, other.max_);
    min_ = std::min(min_, other.min_);
  }

  /// The smallest recorded value (rounded up to its bucket's end) that `percent` of all values do
  /// not exceed; 0 when empty. Requires: 0 ≤ percent ≤ 100.
  uint64_t percentile(double percent) const {
    ENSURE(percent >= 0 && percent <= 100);
    if (count_ == 0) return 0;
    const double exact = percent / 100 * static_cast<double>(count_);
    uint64_t wanted = static_cast<uint64_t>(exact);
    if (static_cast<double>(wanted) < exact || wanted == 0) ++wanted;
    uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= wanted) return std::clamp(bucket_end(i), min_, max_);
    }
    return max_;
  }

  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }
  uint64_t min() const { return count_ == 0 ? 0 : min_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

 private:
  static constexpr int precision_bits = 7;
  static constexpr uint64_t linear_end = uint64_t{2} << precision_bits;

  static std::size_t bucket_of(uint64_t value) {
    if (value < linear_end) return value;
    const int shift = std::bit_width(value) - (precision_bits + 1);
    return (static_cast<std::size_t>(shift) << precision_bits) + (value >> shift);
  }
  static uint64_t bucket_end(std::size_t bucket) {
    if (bucket < linear_end) return bucket;
    const std::size_t shift = (bucket >> precision_bits) - 1;
    const uint64_t step = bucket - (shift << precision_bits);
    return ((step + 1) << shift) - 1;
  }

  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  double sum_ = 0;
  uint64_t max_ = 0;
  uint64_t min_ = ~uint64_t{0};
};

}  // namespace spate
