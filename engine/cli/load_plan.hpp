// LoadPlan: which commands a load sends and when, from one seed; the same seed gives the same plan.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace spate::cli {

struct LoadOptions {
  std::string campaign;
  uint64_t stock = 10'000;
  uint64_t per_claimant_max = 1;
  uint64_t claimants = 100'000;
  uint64_t count = 100'000;       ///< commands, repetitions included; 0 = as the duration says
  uint64_t rate = 0;              ///< commands a second; 0 = as fast as they are answered
  uint64_t spike = 1;             ///< the middle third of the time runs so many times as fast
  uint64_t duration_s = 0;        ///< with a rate and no count
  uint64_t duplicates_percent = 5;
  uint64_t batch = 0;             ///< commands a request; 0 = one, as plain POST
  uint64_t connections = 64;
  uint64_t seed = 1;
  uint64_t campaign_version = 0;  ///< before the run: keys of another run of this seed differ
};

class LoadPlan {
 public:
  /// Requires: connections ≥ 1, claimants ≥ 1, duplicates ≤ 90, spike ≥ 1; a count, or rate and
  /// duration.
  explicit LoadPlan(const LoadOptions& options);

  struct Planned {
    uint64_t key = 0;        ///< commands with the same key are the same command
    uint64_t claimant = 0;
    bool repetition = false;  ///< an earlier one has this key
  };
  const std::vector<Planned>& commands() const { return commands_; }
  uint64_t keys() const { return keys_; }

  /// When command `index` is due, in nanoseconds after the start; 0 without a rate.
  int64_t due_ns(uint64_t index) const;
  bool is_paced() const { return rate_ > 0; }

 private:
  const double rate_;
  const double spike_;
  double third_ns_ = 0;
  std::vector<Planned> commands_;
  uint64_t keys_ = 0;
};

}  // namespace spate::cli
