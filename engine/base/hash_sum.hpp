// HashSum: the digest of a set of entries, kept up to date entry by entry.
#pragma once
#include "engine/base/hash.hpp"

namespace spate {

/// The sum mod 2^128 of a hash of each entry: the same for the same entries, in whatever order and
/// by whatever detours they came together. It finds faults, not tampering. An entry that comes in
/// twice counts twice: keys are the caller's to keep apart.
class HashSum {
 public:
  HashSum() = default;
  explicit HashSum(Hash128 value) : sum_(value) {}

  void add(std::string_view key, Bytes value) { *this += HashSum(of(key, value)); }
  void remove(std::string_view key, Bytes value) { *this -= HashSum(of(key, value)); }
  HashSum& operator+=(HashSum other) {
    sum_.lo += other.sum_.lo;
    sum_.hi += other.sum_.hi + (sum_.lo < other.sum_.lo);
    return *this;
  }
  HashSum& operator-=(HashSum other) {
    const bool borrows = sum_.lo < other.sum_.lo;
    sum_.lo -= other.sum_.lo;
    sum_.hi -= other.sum_.hi + borrows;
    return *this;
  }
  Hash128 value() const { return sum_; }
  bool operator==(const HashSum&) const = default;

 private:
  static Hash128 of(std::string_view key, Bytes value);
  Hash128 sum_;
};

}  // namespace spate
