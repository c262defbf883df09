// LoadLedger: what each command of a load was answered, and whether every repetition heard the
// same.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/histogram.hpp"
#include "engine/base/position.hpp"

namespace spate::cli {

class LoadLedger {
 public:
  explicit LoadLedger(uint64_t keys) : first_answers_(keys) {}

  /// A final answer: `outcome` is accepted or the reason of the no; `answer` is all that every
  /// repetition must be told alike.
  void decided(uint64_t key, bool repetition, std::string_view outcome, std::string_view answer,
               int64_t latency_ns);
  /// No final answer within all attempts: `outcome` says which (pending, parked, unreachable, …).
  void undecided(std::string_view outcome);
  void retried() { ++retries_; }
  /// Positions of answers, joined: a read that waits for it has seen them all.
  void saw(std::string_view position);

  /// Commands by what they were answered; each key counts once.
  const std::map<std::string, uint64_t>& outcomes() const { return outcomes_; }
  uint64_t count(const std::string& outcome) const;
  const std::map<std::string, uint64_t>& undecided() const { return undecided_; }
  uint64_t undecided_total() const;
  uint64_t repetitions_same() const { return same_; }
  uint64_t repetitions_different() const { return different_; }
  uint64_t answered() const { return answered_; }
  uint64_t retries() const { return retries_; }
  const Histogram& latency_ns() const { return latency_ns_; }
  const Position& position() const { return position_; }

 private:
  std::vector<uint64_t> first_answers_;  // hash of the answer; 0 = none yet
  std::map<std::string, uint64_t> outcomes_;
  std::map<std::string, uint64_t> undecided_;
  Histogram latency_ns_;
  Position position_;
  std::string last_token_;
  uint64_t same_ = 0, different_ = 0, answered_ = 0, retries_ = 0;
};

}  // namespace spate::cli
