// SeededRandom: SplitMix64 (Steele, Lea, Flood 2014); equal seeds give equal runs everywhere.
#pragma once
#include <cstdint>

namespace spate {

class SeededRandom {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  /// 0 … n-1. Requires: n > 0.
  uint64_t below(uint64_t n) { return next() % n; }
  /// True once in `n` times.
  bool one_in(uint64_t n) { return below(n) == 0; }

 private:
  uint64_t state_;
};

}  // namespace spate
