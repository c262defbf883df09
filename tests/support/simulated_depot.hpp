// SimulatedDepot: a depot in memory whose calls fail at random, which keeps the drafts of those who
// were killed, and in which what lies rots.
#pragma once
#include <map>

#include "engine/base/clock.hpp"
#include "engine/shipping/depot.hpp"
#include "tests/support/seeded_random.hpp"

namespace spate {

/// One thread. It outlives whoever uses it.
class SimulatedDepot final : public Depot {
 public:
  SimulatedDepot(uint64_t seed, const Clock& clock) : random_(seed), clock_(clock) {}

  uint32_t fails_one_in = 0;  ///< of the calls; 0: none
  bool killed = false;        ///< who writes dies: its drafts stay

  std::string name() const override { return "the depot"; }
  Result<std::vector<Object>> list(const std::string& folder) override;
  Result<std::unique_ptr<Writer>> write(const std::string& name) override;
  Result<std::unique_ptr<Reader>> read(const std::string& name) override;
  Result<void> remove(const std::string& name) override;
  Result<bool> renew(const std::string& name, uint64_t bytes) override;

  /// One object is cut, changed, or lost. False: there is none.
  bool rot();

 private:
  struct Stored {
    std::string bytes;
    int64_t written_ns = 0;
  };
  class Draft;
  class Copy;
  Result<void> call();
  int64_t now() const { return clock_.monotonic_ns(); }

  SeededRandom random_;
  const Clock& clock_;
  std::map<std::string, Stored> objects_;
  uint64_t drafts_ = 0;
};

}  // namespace spate
