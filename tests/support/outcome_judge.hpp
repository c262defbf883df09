// OutcomeJudge: an independent reader of an outcome topic, written apart from the engine's own.
#pragma once
#include "engine/base/hash.hpp"
#include "tests/support/simulated_kafka.hpp"

namespace spate {

/// Folds the raw topic as it grows and says what is valid in it.
class OutcomeJudge {
 public:
  struct Valid {
    uint64_t hash = 0;  ///< of the whole value
    uint64_t cause = 0;
    std::size_t offset = 0;
  };
  OutcomeJudge(SimulatedKafka& kafka, PartitionId partition)
      : kafka_(kafka), partition_(partition) {}

  /// The valid outcomes so far; sequence s is at s - 1.
  const std::vector<Valid>& valid();
  /// Commands up to this number are decided, some of them perhaps without an outcome.
  uint64_t decided() { return std::max(passed_, valid().empty() ? 0 : valid_.back().cause); }
  uint64_t marks() const { return marks_; }
  /// What is wrong with the topic itself; empty = nothing.
  const std::string& wrong() const { return wrong_; }
  uint64_t epochs() const { return epochs_; }
  uint64_t stragglers() const { return stragglers_; }
  uint64_t voided() const { return voids_; }

 private:
  void look_at(const SimulatedKafka::Record& record);

  SimulatedKafka& kafka_;
  const PartitionId partition_;
  std::size_t seen_ = 0;
  std::vector<Valid> valid_;
  uint64_t epoch_ = 0, passed_ = 0, marks_ = 0;
  bool void_ = false;
  std::string wrong_;
  uint64_t epochs_ = 0, stragglers_ = 0, voids_ = 0;
};

}  // namespace spate
